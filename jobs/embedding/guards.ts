import { Guard, type GuardOptions } from './guard.ts';
import { memoryPause, type ProviderPause } from './pause.ts';

/** The guard of a provider, the same one for everybody who asks with that name. */
export type Guards = (name: string, options: GuardOptions) => Guard;

/**
 * @param pause  where pauses are kept. Default: in this process
 * @param overrides  settings that hold for every guard
 */
export function openGuards(
  pause: ProviderPause = memoryPause(),
  overrides: Partial<GuardOptions> = {},
): Guards {
  const open = new Map<string, Guard>();
  return (name, options) => {
    const guard = open.get(name) ?? new Guard(name, pause, { ...options, ...overrides });
    open.set(name, guard);
    return guard;
  };
}

/** The guards of this process: whatever is opened without others shares them. */
export const ownGuards: Guards = openGuards();
