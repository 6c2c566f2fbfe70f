import { Guard, type GuardOptions } from './guard.ts';
import { memoryPause, type ProviderPause } from './pause.ts';
import type { SharedRate } from './rate.ts';

/** The guard of a provider, the same one for everybody who asks with that name. */
export type Guards = (name: string, options: GuardOptions) => Guard;

/**
 * @param pause  where pauses are kept. Default: in this process
 * @param overrides  settings that hold for every guard
 * @param rate  keeps limits per minute together with other processes. Default: each process by itself
 */
export function openGuards(
  pause: ProviderPause = memoryPause(),
  overrides: Partial<GuardOptions> = {},
  rate?: SharedRate,
): Guards {
  const open = new Map<string, Guard>();
  return (name, options) => {
    const guard = open.get(name) ?? new Guard(name, pause, { ...options, ...overrides }, rate);
    open.set(name, guard);
    return guard;
  };
}

/** The guards of this process: whatever is opened without others shares them. */
export const ownGuards: Guards = openGuards();
