import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTrustedDocuments } from '../../api/trusted-documents.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { codeOf, register, startTestApi, type TestApi } from '../api/support.ts';
import { isLong, LONG } from '../support/limits.ts';
import { describeReal } from '../support/server.ts';

const run = promisify(execFile);
const page = readFileSync(join(projectFolder, 'docs/api.md'), 'utf8');
const block = (name: string): string => new RegExp(`\`\`\`json ${name}\\n(.*?)\`\`\``, 's').exec(page)![1]!;

/** Too large to be installed with everything else: relay-compiler has programs for five platforms, 118 MB. */
const TOOLS = [
  'relay-compiler@21.0.1',
  'gql.tada@1.11.3',
  'typescript@5.9.3',
  '@graphql-codegen/cli@7.4.3',
  '@graphql-codegen/client-preset@6.2.0',
  'graphql@16',
];

const RELAY = `import { graphql } from 'relay-runtime';
export const page = graphql\`query listPageQuery { ...list_conversations }\`;
export const list = graphql\`
  fragment list_conversations on Query @refetchable(queryName: "listConversationsQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, after: { type: "Cursor" }) {
    conversations(first: $count, after: $after) @connection(key: "list_conversations") {
      edges { node { id title ...list_messages } }
    }
  }\`;
export const messages = graphql\`
  fragment list_messages on Conversation @refetchable(queryName: "listMessagesQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, before: { type: "Cursor" }) {
    messages(last: $count, before: $before) @connection(key: "list_messages") { edges { node { id role content } } }
  }\`;
export const rename = graphql\`
  mutation listRenameMutation($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id title } } }\`;
`;

const TADA = `import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada';
import type { introspection } from '../graphql-env.d.ts';
const graphql = initGraphQLTada<{ introspection: introspection; scalars: SCALARS }>();
export const List = graphql(\`query ($after: Cursor) {
  conversations(first: 2, after: $after) { edges { node { id title channel } } } }\`);
export const Create = graphql(\`mutation ($input: CreateDocumentInput!) {
  createDocument(input: $input) { document { id contentType } } }\`);
export const idOf = (list: ResultOf<typeof List>): string => list.conversations!.edges[0]!.node.id;
export const right: VariablesOf<typeof Create> = { input: { title: 'a', content: 'b', contentType: 'MARKDOWN' } };
// @ts-expect-error it is spelled otherwise
export const wrong: VariablesOf<typeof Create> = { input: { title: 'a', content: 'b', contentType: 'markdown' } };
`;

const PRESET = `import { graphql } from './generated/index.ts';
import type { ListOfPresetQuery } from './generated/graphql.ts';
export const list = graphql(\`query ListOfPreset($after: Cursor) {
  conversations(first: 2, after: $after) { nodes { id title channel createdAt } } }\`);
export const create = graphql(\`mutation CreateOfPreset($input: CreateDocumentInput!) {
  createDocument(input: $input) { document { id contentType } } }\`);
export const idOf = (list: ListOfPresetQuery): string => list.conversations!.nodes[0]!.id;
`;

/** For sources that a bundler reads; nothing of this project's own types. */
const COMPILER = {
  module: 'esnext',
  moduleResolution: 'bundler',
  target: 'es2022',
  noEmit: true,
  skipLibCheck: true,
  types: [],
  allowImportingTsExtensions: true,
};

const describeLong = isLong() ? describeReal : describe.skip;

describeLong('tools of clients, set as the page says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-client-tools-'));
  const program = (path: string, ...args: string[]) =>
    run(process.execPath, [join(folder, 'node_modules', path), ...args], { cwd: folder });
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  let api: TestApi;

  beforeAll(async () => {
    mkdirSync(join(folder, 'src'));
    write('package.json', '{"private": true, "type": "module"}');
    copyFileSync(join(projectFolder, 'schema.graphql'), join(folder, 'schema.graphql'));
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...TOOLS], { cwd: folder });
    api = await startTestApi();
  }, LONG);
  afterAll(async () => {
    await api?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('relay-compiler makes pages and refetches that the server answers', { timeout: LONG }, async () => {
    write('src/list.ts', RELAY);
    write('relay.config.json', block('relay'));
    await program('relay-compiler/cli.js', 'relay.config.json');
    const textOf = (name: string): string =>
      JSON.parse(
        /"text": (".*")/.exec(
          readFileSync(join(folder, `src/__generated__/${name}.graphql.ts`), 'utf8'),
        )![1]!,
      );
    const account = await register(api, 'relay@example.org');
    const ask = async (name: string, variables: object) => {
      const { data, errors } = await api.ask(textOf(name), variables, account);
      expect(errors, name).toEqual([]);
      return data;
    };
    for (const title of ['one', 'two', 'three'])
      await api.ask(
        'mutation ($title: String) { startConversation(input: { title: $title }) { clientMutationId } }',
        { title },
        account,
      );
    const first = (await ask('listPageQuery', {})).conversations;
    const second = (await ask('listConversationsQuery', { after: first.pageInfo.endCursor })).conversations;
    const nodes = [...first.edges, ...second.edges].map(({ node }) => node);
    expect(nodes.map(({ title }) => title)).toEqual(['one', 'two', 'three']);
    const { id, nodeId } = nodes[0];
    expect((await ask('listMessagesQuery', { nodeId })).node).toMatchObject({
      nodeId,
      messages: { edges: [] },
    });
    const { updateConversation } = await ask('listRenameMutation', {
      input: { id, patch: { title: 'Assam' } },
    });
    // by this the store of Relay knows it again
    expect(updateConversation.conversation).toMatchObject({ id, nodeId, title: 'Assam' });
  });

  it('the client preset of graphql-codegen types operations and lists them as trusted documents', {
    timeout: LONG,
  }, async () => {
    write('src/preset.ts', PRESET);
    const { config } = JSON.parse(block('client-preset'));
    write(
      'codegen.json',
      JSON.stringify({
        schema: 'schema.graphql',
        documents: 'src/preset.ts',
        generates: {
          'src/generated/': {
            preset: 'client',
            config: { ...config, scalars: JSON.parse(block('scalars')), useTypeImports: true },
            presetConfig: { persistedDocuments: true, fragmentMasking: false },
          },
        },
      }),
    );
    await program('@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.json');
    write(
      'tsconfig.preset.json',
      JSON.stringify({ compilerOptions: { ...COMPILER, strict: true }, include: ['src/preset.ts'] }),
    );
    await program('typescript/bin/tsc', '-p', 'tsconfig.preset.json');
    const trustedDocuments = await readTrustedDocuments(
      join(folder, 'src/generated/persisted-documents.json'),
    );
    const trusting = await startTestApi({ database: api.database, trustedDocuments });
    try {
      const account = await register(api, 'preset@example.org');
      const idOf = (name: string): string =>
        [...trustedDocuments].find(([, document]) => document.includes(`${name}(`))![0];
      const ask = (documentId: string, variables: object) =>
        fetch(`${trusting.api.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${account.token}` },
          body: JSON.stringify({ documentId, variables }),
        }).then((response) => response.json());
      const input = { title: 'a', content: 'b', contentType: 'MARKDOWN' };
      expect(await ask(idOf('CreateOfPreset'), { input })).toMatchObject({
        data: { createDocument: { document: { contentType: 'MARKDOWN' } } },
      });
      expect(await ask(idOf('ListOfPreset'), {})).toMatchObject({ data: { conversations: { nodes: [] } } });
      const unlisted = '{ currentUser { email } }';
      expect((await api.ask(unlisted, {}, account)).errors).toEqual([]);
      expect(codeOf(await trusting.ask(unlisted, {}, account))).toBe('CQ422');
    } finally {
      await trusting.api.close();
    }
  });

  it('gql.tada types queries and enums, with and without turbo', { timeout: LONG }, async () => {
    const scalars = JSON.parse(/```json scalars\n(.*?)```/s.exec(page)![1]!) as Record<string, string>;
    const type = Object.entries(scalars).map(([name, is]) => `${name}: ${is};`);
    write('src/query.ts', TADA.replace('SCALARS', `{ ${type.join(' ')} }`));
    const { compilerOptions } = JSON.parse(block('gql.tada'));
    const options = { ...compilerOptions, ...COMPILER };
    write('tsconfig.json', JSON.stringify({ compilerOptions: options, include: ['src/query.ts', '*.d.ts'] }));
    await program('gql.tada/bin/cli.js', 'generate', 'output');
    await program('typescript/bin/tsc', '-p', '.');
    await program('gql.tada/bin/cli.js', 'turbo');
    expect(readFileSync(join(folder, 'graphql-cache.d.ts'), 'utf8')).toContain('createDocument');
    await program('typescript/bin/tsc', '-p', '.');
    // the compiler of this project, too
    await run(join(projectFolder, 'node_modules/.bin/tsc'), ['-p', folder]);
  });
});
