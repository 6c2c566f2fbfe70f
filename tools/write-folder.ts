import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodesHelp, makeCommand, print, runCommand } from '../lib/cli.ts';
import { folderPages } from './bench/folder-pages.ts';

/** A folder of markdown, as people keep it, to be imported by hand: `node tools/write-folder.ts /tmp/pages`. */
const program = makeCommand(
  'node tools/write-folder.ts',
  'Writes a folder of markdown to measure an import by.',
)
  .argument('<folder>', 'where; it is made')
  .option('--files <count>', 'how many', Number, 3000)
  .option('--characters <count>', 'of each, at least', Number, 8500)
  .addHelpText('after', `\n${exitCodesHelp()}`)
  .parse();

await runCommand(async () => {
  const { files, characters } = program.opts<{ files: number; characters: number }>();
  let bytes = 0;
  for (const [n, { content }] of folderPages(files, characters).entries()) {
    const folder = join(program.args[0]!, `part-${String(n % 40).padStart(2, '0')}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `page-${String(n).padStart(4, '0')}.md`), content);
    bytes += Buffer.byteLength(content);
  }
  print(`${files} files, ${(bytes / 1e6).toFixed(1)} MB`);
});
