import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const PROGRAM = `import { ConversationsDocument, createClient, nodesOf } from 'colloquy-client';
import { ColloquySaver } from 'colloquy-client/langgraph';
const client = createClient({ url: 'http://127.0.0.1:1', retries: 0 });
const list = nodesOf(async (after) => (await client.request(ConversationsDocument, { after })).conversations);
export async function titles(): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for await (const { title } of list) found.push(title);
  return found;
}
// @ts-expect-error there is no such variable
client.request(ConversationsDocument, { limit: 1 }).catch(() => undefined);
console.log(await titles().catch((error) => error.code), typeof new ColloquySaver(client).prune);
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-client-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('what npm packs is installed, type-checked and run without the repository', () => {
  const run = (command: string, args: string[], cwd = folder) =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  run('npm', ['pack', '--silent', '--pack-destination', folder], join(projectFolder, 'client'));
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  const files = run('tar', ['tzf', packed]).trim().split('\n');
  expect(
    files.filter(
      (file) => !/^package\/(?:dist\/[a-z0-9-]+\.(?:js|d\.ts)|package\.json|README\.md)$/.test(file),
    ),
  ).toEqual([]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', `./${packed}`]);
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'colloquy-client',
  ]);
  // the framework, which is the caller's
  mkdirSync(join(folder, 'node_modules/@langchain'));
  for (const name of ['core', 'langgraph-checkpoint'])
    symlinkSync(
      join(projectFolder, 'node_modules/@langchain', name),
      join(folder, 'node_modules/@langchain', name),
    );
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  const options =
    '--strict --skipLibCheck --target es2022 --lib es2023,dom --module nodenext --outDir out program.ts';
  run(join(projectFolder, 'node_modules/.bin/tsc'), options.split(' '));
  expect(run(process.execPath, ['out/program.js'])).toBe('CQ503 function\n');
});
