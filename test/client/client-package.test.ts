import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const PROGRAM = `import { ConversationsDocument, createClient, followMessages, nodesOf, upload } from 'colloquy-client';
const client = createClient({ url: 'http://127.0.0.1:1', retries: 0 });
const list = nodesOf(async (after) => (await client.request(ConversationsDocument, { after })).conversations);
export async function titles(): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for await (const { title } of list) found.push(title);
  return found;
}
// @ts-expect-error there is no such variable
client.request(ConversationsDocument, { limit: 1 }).catch(() => undefined);
const code = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', (error) => error.code);
console.log(
  await code(titles()),
  await code(followMessages(client, { conversation: '' }).next()),
  await code(upload(client, new Blob(['x']), { name: 'x.txt' })),
);
`;
const ADAPTERS = `import { createClient } from 'colloquy-client';
import { ColloquyChatTransport, loadChat, startAnswer } from 'colloquy-client/ai-sdk';
import { ColloquyChatMessageHistory, ColloquyVectorStore } from 'colloquy-client/langchain';
import { ColloquySaver } from 'colloquy-client/langgraph';
import type { ChatTransport, UIMessage } from 'ai';
import type { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import type { BaseRetriever } from '@langchain/core/retrievers';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';

const client = createClient({ url: 'http://127.0.0.1:1', retries: 0 });
export const messages: Promise<UIMessage<{ via: string }>[]> = loadChat(client, '');
messages.catch(() => undefined);
const transport: ChatTransport<UIMessage> = new ColloquyChatTransport(client);
const saver: BaseCheckpointSaver = new ColloquySaver(client);
const retriever: BaseRetriever = new ColloquyVectorStore({ client }).asRetriever({ filter: { tags: ['tea'] } });
const history: BaseListChatMessageHistory = new ColloquyChatMessageHistory(client);
console.log(typeof startAnswer, typeof transport.reconnectToStream, typeof saver.put, retriever.getName(), (await history.getMessages()).length);
`;

/** What the examples of the page take for granted. */
const GIVEN = `import type { Document } from '@langchain/core/documents';
import type { Client } from 'colloquy-client';
declare const client: Client, request: Request, file: File, documents: Document[], ids: string[];
declare const password: string, chatId: string, url: string, token: string, conversation: string;
declare const model: any, workflow: any;
`;

/** The examples of docs/clients.md, each as a file. */
function examples(): string[] {
  const page = readFileSync(join(projectFolder, 'docs/clients.md'), 'utf8');
  return [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => {
    const lines = text!.split('\n');
    const isImport = (line: string) => line.startsWith('import ');
    const body = lines.filter((line) => !isImport(line)).join('\n');
    return `${GIVEN}${lines.filter(isImport).join('\n')}\nexport async function example() {\n${body}\n}\n`;
  });
}

/** This Node, and another one that the machine has. */
function nodes(): string[] {
  const others = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((place) => !place.startsWith(projectFolder))
    .map((place) => join(place, 'node'))
    .filter((file) => existsSync(file) && !file.includes('node_modules'));
  const isSupported = (file: string) =>
    Number(execFileSync(file, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]) >= 20;
  return [process.execPath, ...others.slice(0, 1).filter(isSupported)];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'colloquy-client-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('what npm packs is installed, type-checked and run without the repository', () => {
  const run = (command: string, args: string[], cwd = folder): string => {
    const { status, stdout } = spawnSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(status, stdout).toBe(0);
    return stdout;
  };
  run('npm', ['pack', '--silent', '--pack-destination', folder], join(projectFolder, 'client'));
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  const files = run('tar', ['tzf', packed]).trim().split('\n');
  expect(files).toContain('package/LICENSE');
  expect(
    files.filter(
      (file) => !/^package\/(?:dist\/[a-z0-9-]+\.(?:js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(file),
    ),
  ).toEqual([]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', `./${packed}`]);
  expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    'colloquy-client',
  ]);
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'colloquy-client/dist');
  for (const file of readdirSync(installed)) {
    const text = readFileSync(join(installed, file), 'utf8');
    expect(text, file).not.toMatch(/(?:from|import\() ?'(?:node:|\.\.\/)/);
  }
  const tsc = (...args: string[]) =>
    run(join(projectFolder, 'node_modules/.bin/tsc'), [
      ...'--strict --target es2022 --module nodenext --outDir out'.split(' '),
      ...args,
    ]);
  writeFileSync(join(folder, 'program.ts'), PROGRAM);
  tsc('--lib', 'es2022,dom,dom.asynciterable', 'program.ts');
  for (const node of nodes()) {
    expect(run(node, ['out/program.js']), node).toBe('CQ503 CQ503 CQ503\n');
    expect(run(node, ['-p', "typeof require('colloquy-client').createClient"]), node).toBe('function\n');
  }
  // the frameworks, which are the caller's
  mkdirSync(join(modules, '@langchain'));
  for (const name of ['ai', '@langchain/core', '@langchain/langgraph-checkpoint'])
    symlinkSync(join(projectFolder, 'node_modules', name), join(modules, name));
  writeFileSync(join(folder, 'adapters.ts'), ADAPTERS);
  const shown = examples().map((text, place) => {
    writeFileSync(join(folder, `example-${place}.ts`), text);
    return `example-${place}.ts`;
  });
  expect(shown.length).toBeGreaterThan(4);
  tsc('--skipLibCheck', '--lib', 'es2023,dom,dom.iterable,dom.asynciterable', 'adapters.ts', ...shown);
  expect(run(process.execPath, ['out/adapters.js'])).toBe(
    'function function function VectorStoreRetriever 0\n',
  );
});
