import type { Command } from 'commander';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import { askingAgain, recallConversation } from '../../lib/cold-storage/recall.ts';
import { type Database, inTransaction } from '../../lib/database.ts';
import { env } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { beginExport, exportPerson } from '../../lib/leaving/export-person.ts';
import { openStorage } from '../../lib/open-storage.ts';
import { programVersion } from '../../lib/program-version.ts';
import { type ErasureRun, runErasures } from '../../operations/erasure/run.ts';
import { erasureStores } from '../../operations/erasure/stores.ts';
import { intoFile } from '../shared/into-file.ts';
import { withPrepared } from '../shared/prepared-database.ts';
import { stoppable } from '../shared/stoppable.ts';

/** @throws ColloquyError CQ204 */
async function idOf(database: Database, name: string): Promise<string> {
  const { rows } = await database
    .pool('owner')
    .query<{ id: string }>(
      'select id from app_public.users u where u.email::text = lower($1) or u.username::text = lower($1) or u.id::text = lower($1)',
      [name],
    );
  if (rows[0]) return rows[0].id;
  throw new ColloquyError('CQ204', `There is no account "${name}".`, {
    hint: 'npm run users -- list shows them all.',
  });
}

async function exportTo(name: string, { to }: { to: string }): Promise<void> {
  await withPrepared('owner', async (database) => {
    const person = await idOf(database, name);
    const pool = database.pool('owner');
    const storage = openStorage(env.DATA_DIR);
    const ask = <Row extends object>(sql: string, values: unknown[]) =>
      askingAgain(
        async () => (await pool.query<Row & Record<string, unknown>>(sql, values)).rows as Row[],
        (stored) => inTransaction(pool, (client) => recallConversation(client, storage, stored)),
      );
    const parts = await beginExport({ ask, person });
    const manifest = await stoppable((signal) =>
      intoFile(to, (target) =>
        exportPerson({ ask, person, storage, writtenBy: programVersion, signal }, parts, target),
      ),
    );
    print(`${to}: ${manifest.rows} rows in ${manifest.entries.length} files.`);
    const missing = (manifest.details.missingFiles as string[]) ?? [];
    if (missing.length === 0) return;
    say(`The bytes of ${missing.length} files are not in the storage.`);
    process.exitCode = FINDINGS;
  });
}

interface EraseOptions {
  reason: string;
  handOverTo?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

async function preview(database: Database, person: string, heir: string | null): Promise<void> {
  const rows = await inTransaction(database.pool('owner'), async (client) => {
    const found = await client.query<{ subject: string; rows: string }>(
      'select * from app_hidden.erasure_preview($1, $2)',
      [person, heir],
    );
    await client.query('rollback and chain');
    return found.rows;
  });
  print(
    table(
      rows.map(({ subject, rows: count }) => [subject, count]),
      { numbers: true },
    ),
  );
  say('Nothing was changed.');
}

async function certificateOf(database: Database, id: string): Promise<Record<string, unknown>> {
  const { rows } = await database
    .pool('owner')
    .query('select to_jsonb(e) as certificate from app_private.account_erasure_of($1) as e', [id]);
  return rows[0].certificate;
}

async function erase(name: string, { reason, handOverTo, dryRun, yes, json }: EraseOptions): Promise<void> {
  if (!dryRun && !yes) {
    throw new UsageError('CQ760', 'There is no way back from an erasure.', {
      hint: 'Look with --dry-run, have the person take an archive (export), then give --yes.',
    });
  }
  await withPrepared('owner', async (database) => {
    const person = await idOf(database, name);
    const heir = handOverTo === undefined ? null : await idOf(database, handOverTo);
    if (dryRun) return preview(database, person, heir);
    const { rows } = await database
      .pool('owner')
      .query<{ id: string }>('select id from app_public.erase_user($1, $2, $3)', [person, reason, heir]);
    say('The account is unusable from now on.');
    let last = '';
    const run: ErasureRun = await stoppable(async (signal) =>
      runErasures(database.pool('owner'), {
        storage: openStorage(env.DATA_DIR),
        stores: await erasureStores(),
        signal,
        onStep(step, done) {
          if (step !== last) say(`${step} (${done} rows so far)`);
          last = step;
        },
      }),
    );
    const certificate = await certificateOf(database, rows[0]!.id);
    if (json) print(JSON.stringify(certificate));
    else
      print(
        table(
          Object.entries(certificate).map(([key, value]) => [
            key,
            typeof value === 'object' ? JSON.stringify(value) : String(value),
          ]),
        ),
      );
    if (certificate.finished_at !== null) return;
    say(
      `It is not over: ${Object.values(run.held)[0] ?? 'a worker is at it, bytes of files wait for a backup, or it was stopped'}. The job erase-account goes on with it.`,
    );
    process.exitCode = FINDINGS;
  });
}

/** `npm run users -- export` and `erase`: docs/leaving.md. */
export function addLeaving(users: Command): void {
  users
    .command('export <account>')
    .description('everything of a person, as one archive (docs/leaving.md)')
    .requiredOption('--to <file>', 'a file that is not there yet: person.tar.gz')
    .action(exportTo);
  users
    .command('erase <account>')
    .description('erase a person everywhere, for good (docs/leaving.md)')
    .option('--reason <text>', 'for the certificate; it must not name the person', 'asked for by the person')
    .option('--hand-over-to <account>', 'a member who becomes the owner of workspaces that it alone owns')
    .option('--dry-run', 'say what would go, or why it cannot, and change nothing')
    .option('--yes', 'do it')
    .option('--json', 'the certificate as JSON')
    .action(erase);
}
