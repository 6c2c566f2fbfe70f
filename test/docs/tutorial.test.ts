import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { LONG } from '../support/limits.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { type StartedServer, startServer } from '../support/started.ts';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const page = read('docs/tutorial.md');
const ADDRESS = 'http://127.0.0.1:3000';
const MARK = '=== step ===';

/** The commands of each step, and what the page says that they print; `…` is any text. */
const steps = [...page.matchAll(/```sh chat\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map((match) => ({
  name: page.slice(0, match.index).split('\n## ').at(-1)!.split('\n', 1)[0]!,
  commands: match[1]!,
  output: match[2] ?? '',
}));

/** Answers have no line of their own end. */
const patternOf = (output: string): RegExp =>
  new RegExp(
    `^${output
      .split('…')
      .map((text) => text.split('\n').map(RegExp.escape).join('\n?'))
      .join('[^]*?')}$`,
  );

it('shows code as it is in the files', () => {
  const pieces = [...page.matchAll(/```(?:ts|js) (examples\S+)\n(.*?)```/gs)];
  expect(pieces.length).toBeGreaterThan(9);
  for (const [, file, code] of pieces) expect(read(file!), `${file} has other code`).toContain(code!);
});

describeReal('the steps of the tutorial', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-tutorial-'));
  let started: StartedServer;
  let chat: ChildProcess;
  let url: string;

  beforeAll(async () => {
    started = await startServer((await createTestDatabase()).url, join(folder, 'data'));
    const [, ...args] = JSON.parse(read('package.json')).scripts.chat.replace('exec ', '').split(' ');
    chat = spawn(process.execPath, args, {
      cwd: projectFolder,
      env: { ...process.env, COLLOQUY_URL: started.url, CHAT_PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await once(chat.stdout!, 'data');
    url = /^The chat is at (\S+)/.exec(String(said))![1]!;
  }, LONG);
  afterAll(async () => {
    chat?.kill();
    started?.child.kill();
    await started?.exit;
    rmSync(folder, { recursive: true, force: true });
  });

  it('print what the page says, in one shell, one after the other', { timeout: LONG }, async () => {
    expect(steps.length).toBeGreaterThan(8);
    const script = steps.map(({ commands }) => `${commands}\nprintf '\\n${MARK}\\n'`).join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-euc', script.replaceAll(ADDRESS, url)], {
      cwd: folder,
    });
    const printed = stdout.split(`\n${MARK}\n`);
    for (const [place, { name, output }] of steps.entries())
      expect(printed[place]!.trim(), name).toMatch(patternOf(output.trim()));
  });
});
