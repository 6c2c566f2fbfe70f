import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import type { Pool } from 'pg';
import { FINDINGS, print, say, table, UsageError } from '../../lib/cli.ts';
import { env } from '../../lib/env.ts';
import { type AdoptionState, adoptDatabase, adoptionState } from '../../operations/adoption.ts';
import { reapplyErasures } from '../../operations/erasure/reapply.ts';
import { erasureStores } from '../../operations/erasure/stores.ts';
import { openPrepared } from '../shared/prepared-database.ts';
import { erasuresOfFile } from './erasures.ts';

interface Options {
  environment?: string | false;
  waitingMail?: 'keep' | 'discard';
  erasures?: string;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

const FORMAT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

function describe(state: AdoptionState): void {
  const rows: [string, string, string][] = [
    ['', 'adopted', 'now'],
    ['database', state.adopted_database ?? 'any', state.database],
    ['system identifier', state.adopted_system_identifier ?? 'none', state.system_identifier ?? 'not told'],
    ['timeline', String(state.adopted_timeline ?? 'none'), String(state.timeline ?? 'not told')],
    ['environment', state.environment ?? 'none', env.COLLOQUY_ENVIRONMENT ?? 'none declared'],
  ];
  print(table(rows));
  const { waiting_mails: mails, discarded_contents: contents, waiting_passages: passages } = state;
  print(
    `\nWhat waits: ${mails} mails to be sent, ${passages} passages to be embedded, ${contents} files to be removed.`,
  );
  if (state.adopted_at) print(`Adopted at ${state.adopted_at.toISOString()} (${state.adopted_as}).`);
  print(state.quarantine ? `In quarantine: ${state.quarantine}` : 'Not in quarantine.');
}

/** @throws UsageError CQ641 when nobody is there to say so */
async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new UsageError('CQ641', 'Nobody is there to confirm it.', { hint: 'Give --yes.' });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/** Before anything is sent or found: who was erased after the moment of this copy is erased here, too. */
async function eraseAgain(pool: Pool, list: string | undefined): Promise<void> {
  const again = await reapplyErasures(pool, await erasureStores(), await erasuresOfFile(list));
  if (again > 0) say(`${again} people who were erased are erased here, too.`);
}

async function adopt(options: Options): Promise<void> {
  const { environment: given, json } = options;
  if (typeof given === 'string' && !FORMAT.test(given)) {
    throw new UsageError('CQ642', `"${given}" is no name of an environment.`, {
      hint: 'At most 50 letters, digits, dots, hyphens and underscores: staging.',
    });
  }
  // what is not said is what the processes of this environment declare; nothing declared leaves it as it is
  const wanted = given === false ? null : (given ?? env.COLLOQUY_ENVIRONMENT);
  const { database } = await openPrepared(env.DATA_DIR, 'owner');
  try {
    const pool = database.pool('owner');
    const before = await adoptionState(pool, env.COLLOQUY_ENVIRONMENT);
    const environment = wanted === undefined ? before.environment : wanted;
    // by another environment than the database has it would stay in quarantine
    const state = await adoptionState(pool, environment ?? undefined);
    if (options.dryRun) {
      if (json) print(JSON.stringify(before));
      else describe(before);
      if (before.quarantine) process.exitCode = FINDINGS;
      return;
    }
    say(`Database: ${database.description}.`);
    if (!state.quarantine) {
      await eraseAgain(pool, options.erasures);
      if (json) print(JSON.stringify({ was: null, environment }));
      else print('It is adopted already: nothing to do.');
      return;
    }
    if (!json) describe(before);
    const question = 'Does its original send and spend no more, or is this one to do so beside it?';
    if (!options.yes && !(await confirmed(question))) return say('Left as it is.');
    await eraseAgain(pool, options.erasures);
    const adopted = await adoptDatabase(pool, { environment: wanted, waitingMail: options.waitingMail });
    if (json) return print(JSON.stringify(adopted));
    print(
      `Adopted for ${adopted.environment ? `the environment ${adopted.environment}` : 'no environment'}.`,
    );
    if (Number(adopted.discarded_mails) > 0) print(`${adopted.discarded_mails} waiting mails were given up.`);
    if ((env.COLLOQUY_ENVIRONMENT ?? null) !== adopted.environment)
      say(`Its processes must declare that: COLLOQUY_ENVIRONMENT=${adopted.environment ?? ''}`);
  } finally {
    await database.close();
  }
}

/** `npm run ops -- adopt`: ends the quarantine of a restored or cloned database. */
export function addAdopt(ops: Command): void {
  ops
    .command('adopt')
    .description(
      'end the quarantine of a restored or cloned database: from then on it sends mail and asks services',
    )
    .option(
      '--environment <name>',
      'what it is from now on, as its processes declare it (default: COLLOQUY_ENVIRONMENT, else as it is)',
    )
    .option('--no-environment', 'it has none, and its processes declare none')
    .addOption(
      new Option(
        '--waiting-mail <what>',
        'what becomes of mail that waits; asked for when the environment changes',
      ).choices(['keep', 'discard']),
    )
    .option('--erasures <file>', 'a list of erased people besides those of DATA_DIR and BACKUP_TARGET')
    .option('--dry-run', 'show what it was and is and what waits; exit code 1 when it is in quarantine')
    .option('--yes', 'do not ask')
    .option('--json', 'JSON')
    .addHelpText(
      'after',
      `
Examples:
  npm run ops -- adopt --dry-run
  npm run ops -- adopt --environment staging --waiting-mail discard
  npm run ops -- adopt --yes                      after a restore of this installation

Guide: docs/operations/copies.md`,
    )
    .action(adopt);
}
