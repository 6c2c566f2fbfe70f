import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { FINDINGS, print, say, table } from '../../lib/cli.ts';
import {
  keepErasures,
  type ListedErasure,
  mergeErasures,
  parseErasures,
  readErasures,
} from '../../operations/erasure/list.ts';
import { reapplyErasures } from '../../operations/erasure/reapply.ts';
import { erasureStores } from '../../operations/erasure/stores.ts';
import { withPrepared } from '../shared/prepared-database.ts';

/** What a file of `ops erasures export` has. */
export async function erasuresOfFile(path: string | undefined): Promise<ListedErasure[]> {
  return path === undefined ? [] : parseErasures(await readFile(path, 'utf8'), path);
}

const list = ({ json }: { json?: boolean }): Promise<void> =>
  withPrepared('owner', async (database) => {
    const erasures = await readErasures(database.pool('owner'));
    if (json) for (const erasure of erasures) print(JSON.stringify(erasure));
    else if (erasures.length === 0) say('Nobody was erased.');
    else {
      print(
        table([
          ['number', 'requested', 'finished', 'reason', 'rows'],
          ...erasures.map(({ number, requested_at, finished_at, reason, counts }) => [
            String(number ?? ''),
            requested_at.slice(0, 16),
            finished_at?.slice(0, 16) ?? 'going on',
            reason,
            String(Object.values(counts).reduce((sum, count) => sum + count, 0)),
          ]),
        ]),
      );
    }
  });

const verify = ({ json }: { json?: boolean }): Promise<void> =>
  withPrepared('owner', async (database) => {
    const pool = database.pool('owner');
    const { rows } = await pool.query<{ subject: string; fault: string }>(
      'select * from app_hidden.erasure_faults()',
    );
    const known = new Set((await readErasures(pool)).map(({ id }) => id));
    const stores = await erasureStores();
    for (const store of stores) {
      const kept = new Set((await store.read()).map(({ id }) => id));
      for (const id of known)
        if (!kept.has(id))
          rows.push({ subject: `erasure ${id}`, fault: `it is not in ${store.description}` });
      for (const id of kept)
        if (!known.has(id))
          rows.push({
            subject: `erasure ${id}`,
            fault: `it is in ${store.description}, and not in the database`,
          });
    }
    if (json) print(JSON.stringify({ certificates: known.size, faults: rows }));
    else for (const { subject, fault } of rows) print(`${subject}: ${fault}`);
    if (rows.length > 0) process.exitCode = FINDINGS;
    else say(`${known.size} erasures, each follows on the one before it.`);
  });

const exportTo = (options: { to: string }): Promise<void> =>
  withPrepared('owner', async (database) => {
    const pool = database.pool('owner');
    const stores = await erasureStores();
    await keepErasures(pool, stores);
    const lists = await Promise.all(stores.map((store) => store.read()));
    const all = mergeErasures([await readErasures(pool), ...lists]);
    await writeFile(options.to, all.map((erasure) => `${JSON.stringify(erasure)}\n`).join(''), {
      mode: 0o600,
    });
    say(`${all.length} erasures are in ${options.to}. It names nobody; keep it where the database is not.`);
  });

const apply = ({ from, dryRun = false }: { from?: string; dryRun?: boolean }): Promise<void> =>
  withPrepared('owner', async (database) => {
    const again = await reapplyErasures(
      database.pool('owner'),
      await erasureStores(),
      await erasuresOfFile(from),
      { dryRun },
    );
    if (again === 0) return say('Nobody who was erased is here.');
    say(`${again} people ${dryRun ? 'would be' : 'were'} erased again.`);
    if (dryRun) process.exitCode = FINDINGS;
  });

/** `npm run ops -- erasures`: the certificates, and what a restored copy has to erase again. */
export function addErasures(ops: Command): void {
  const erasures = ops
    .command('erasures')
    .description('certificates of erased people, and erasing them again in a restored copy')
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- erasures list
  npm run ops -- erasures verify               the chain is whole, and known outside of the database
  npm run ops -- erasures export --to erasures.ndjson
  npm run ops -- erasures apply --from erasures.ndjson

The list is kept in DATA_DIR/erasures, and beside the backups in BACKUP_TARGET. Guide: docs/leaving.md`,
    );
  erasures.command('list').description('all of them').option('--json', 'one JSON object a line').action(list);
  erasures
    .command('verify')
    .description(
      'exit code 1 when one was changed or taken out, does not end, or is not kept outside of the database',
    )
    .option('--json', 'JSON')
    .action(verify);
  erasures
    .command('export')
    .description('write the list into a file, from the database and where it is kept')
    .requiredOption('--to <file>', 'where')
    .action(exportTo);
  erasures
    .command('apply')
    .description('erase again who is back in this copy of an older moment')
    .option('--from <file>', 'a list besides those in DATA_DIR and BACKUP_TARGET')
    .option('--dry-run', 'say how many it would be; exit code 1 when there are any')
    .action(apply);
}
