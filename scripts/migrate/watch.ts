import { watch as watchFolder } from 'node:fs';
import { join } from 'node:path';
import { queues } from '../../jobs/registry.ts';
import type { Database } from '../../lib/database.ts';
import { describeError } from '../../lib/errors.ts';
import { migrateDatabase, projectFolder } from '../../lib/migrations.ts';

type Say = (text: string) => void;

/** Runs the migration in hand and whatever of functions/ differs. Returns whether it went well. */
async function runOnce(database: Database, say: Say): Promise<boolean> {
  const began = performance.now();
  try {
    const { migrations, functions } = await migrateDatabase(database, queues, { inHand: true });
    for (const name of migrations) say(`  applied ${name}`);
    for (const path of functions.slice(0, 20)) say(`  applied functions/${path}`);
    if (functions.length > 20) say(`  … and ${functions.length - 20} more`);
    say(`Up to date in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    return true;
  } catch (error) {
    say(describeError(error));
    return false;
  }
}

/**
 * Runs migrations/current/ and functions/ now, and again whenever one of their files is saved, until `signal` aborts.
 * @param once  run it once only
 * @returns whether the last run went well
 */
export async function watch(
  database: Database,
  options: { once: boolean; say: Say; signal: AbortSignal },
): Promise<boolean> {
  let isWell = await runOnce(database, options.say);
  if (options.once) return isWell;
  options.say('Watching migrations/current/ and functions/. Ctrl-C ends.');
  let wake: (() => void) | undefined;
  let isStale = false;
  const changed = (_: string, name: string | null): void => {
    if (name && !name.endsWith('.sql')) return;
    isStale = true;
    wake?.();
  };
  const watchers = ['migrations/current', 'functions'].map((folder) =>
    watchFolder(join(projectFolder, folder), { recursive: true, signal: options.signal }, changed),
  );
  options.signal.addEventListener('abort', () => wake?.(), { once: true });
  while (!options.signal.aborted) {
    if (!isStale) await new Promise<void>((resolve) => (wake = resolve));
    wake = undefined;
    if (options.signal.aborted) break;
    // an editor saves in several steps
    await new Promise((resolve) => setTimeout(resolve, 50));
    isStale = false;
    isWell = await runOnce(database, options.say);
  }
  for (const watcher of watchers) watcher.close();
  return isWell;
}
