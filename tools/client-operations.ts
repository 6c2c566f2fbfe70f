import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodesHelp, FINDINGS, makeCommand, print, runCommand, say } from '../lib/cli.ts';
import { clientOperations } from './client/operations.ts';

const FILE = resolve(import.meta.dirname, '../client/generated.ts');

const program = makeCommand(
  'node tools/client-operations.ts',
  'Writes client/generated.ts: the operations of client/operations.graphql with the types that schema.graphql gives them.',
)
  .option('--check', 'write nothing; fail when the file is out of date', false)
  .addHelpText('after', exitCodesHelp('out of date (--check)'))
  .allowExcessArguments(false)
  .parse();

await runCommand(async () => {
  const text = await clientOperations();
  if (!program.opts<{ check: boolean }>().check) {
    await writeFile(FILE, text);
    print(`Wrote ${FILE}`);
  } else if ((await readFile(FILE, 'utf8').catch(() => '')) === text) {
    print('client/generated.ts is up to date.');
  } else {
    say('client/generated.ts is out of date.\n  → Run node tools/client-operations.ts and commit the file.');
    process.exitCode = FINDINGS;
  }
});
