import { ColloquyError } from '../../lib/errors.ts';
import { ApiError } from '../errors.ts';
import type { Subjects } from './limiter.ts';

/** Whose open subscriptions are counted, each for itself: those of all, and of who opened them. */
const COUNTED = ['address', 'account', 'key', 'workspace', 'process'] as const;
type Counted = (typeof COUNTED)[number];

/**
 * How many may be open at the same time in this process. An account has some windows, each with a few; a backend with one key has one for each
 * of its users, and so has an office behind one address.
 */
const MOST: Record<Counted, number> = {
  address: 2_000,
  account: 100,
  key: 2_000,
  workspace: 4_000,
  process: 10_000,
};

export interface OpenCounts {
  /**
   * Counts a subscription until what comes back is called.
   * @throws ApiError CQ803 when one of the subjects has as many as it may
   */
  open(subjects: Subjects): () => void;
}

/**
 * @param changes  of SUBSCRIPTION_LIMITS
 * @throws ColloquyError CQ001 when they name what is not counted
 */
export function openCounts(changes: ReadonlyMap<string, number | undefined> = new Map()): OpenCounts {
  const most: Record<Counted, number> = { ...MOST };
  for (const [name, count] of changes) {
    if (!(COUNTED as readonly string[]).includes(name)) {
      throw new ColloquyError('CQ001', `The environment is not usable: SUBSCRIPTION_LIMITS names ${name}`, {
        hint: `It must be one of ${COUNTED.join(', ')}: docs/live.md.`,
      });
    }
    most[name as Counted] = count ?? Number.POSITIVE_INFINITY;
  }
  const open = new Map<string, number>();

  return {
    open(subjects) {
      const keys = COUNTED.flatMap((counted) => {
        const whose = counted === 'process' ? 'all' : subjects[counted];
        return whose ? [{ counted, key: `${counted} ${whose}` }] : [];
      });
      for (const { counted, key } of keys) {
        if ((open.get(key) ?? 0) < most[counted]) continue;
        throw new ApiError(
          'CQ803',
          `Too many subscriptions are open: at most ${most[counted]} (${counted}).`,
          'End those that nobody looks at, or try again later.',
        );
      }
      for (const { key } of keys) open.set(key, (open.get(key) ?? 0) + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        for (const { key } of keys) {
          const left = open.get(key)! - 1;
          if (left > 0) open.set(key, left);
          else open.delete(key);
        }
      };
    },
  };
}
