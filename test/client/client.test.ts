import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  ConversationsDocument,
  confirmSignIn,
  createClient,
  documentOf,
  FileProgressDocument,
  MessagesDocument,
  nodesOf,
  PostMessageDocument,
  register,
  type Session,
  SignOutDocument,
  StartConversationDocument,
  signIn,
  subscribe,
  upload,
} from '../../client/index.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { localStorage } from '../../lib/storage.ts';
import { clientOperations } from '../../tools/client/operations.ts';
import { PASSWORD, startTestApi, type TestApi } from '../api/support.ts';
import { appOf, codeAt, inOneStep } from '../support/second-factor.ts';
import { describeReal } from '../support/server.ts';
import { refusal } from './support.ts';

const OK = documentOf('query { ok }');

describe('the operations of the client', () => {
  it('are those of client/operations.graphql, typed by schema.graphql', async () => {
    expect(await readFile(join(projectFolder, 'client/generated.ts'), 'utf8')).toBe(await clientOperations());
  });
});

describe('a request of the client', () => {
  it('is sent again where nothing is done twice, as long as the server says to wait', async () => {
    let asked = 0;
    const answers = createServer((_, response) => {
      asked += 1;
      if (asked % 3 === 0) response.end('{"data":{"ok":true}}');
      else response.writeHead(503, { 'retry-after': '0' }).end('<p>busy</p>');
    });
    await new Promise<void>((resolve) => answers.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(answers.address() as AddressInfo).port}/`;
    const client = createClient({ url });
    expect(await client.request(OK)).toEqual({ ok: true });
    const change = documentOf('mutation M($input: I) { m(input: $input) { ok } }');
    expect(await client.request(change, { input: { idempotencyKey: 'k' } })).toEqual({ ok: true });
    expect(asked).toBe(6);
    const refused = await refusal(client.request(change, { input: {} }));
    expect(refused).toMatchObject({ code: 'HTTP503', status: 503, retryAfter: 0, isTemporary: true });
    expect(asked).toBe(7);
    answers.closeAllConnections();
    await new Promise((resolve) => answers.close(resolve));
    const gone = await refusal(createClient({ url, retries: 0 }).request(OK));
    expect(gone).toMatchObject({ code: 'CQ503', status: 0, isTemporary: true });
  });
});

describeReal('the client', () => {
  let root: string;
  let api: TestApi;
  let session: Session;
  let token: string | undefined;
  let client: Client;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-files-'));
    api = await startTestApi({ storage: localStorage(root) });
    client = createClient({ url: api.api.url, token: () => token });
    session = await register(client, { email: 'ada@example.org', password: PASSWORD });
    token = session.token;
  });
  afterAll(async () => {
    await api?.close();
    await rm(root, { recursive: true, force: true });
  });

  it('goes over all pages of a list', async () => {
    for (const title of ['one', 'two', 'three']) await client.request(StartConversationDocument, { title });
    const titles: (string | null)[] = [];
    const list = nodesOf(async (after) => {
      const { conversations } = await client.request(ConversationsDocument, { first: 2, after });
      return conversations;
    });
    for await (const { title } of list) titles.push(title);
    expect(titles.sort()).toEqual(['one', 'three', 'two']);
  });

  it('posts once with a key, and says what was wrong by code and hint', async () => {
    const { startConversation } = await client.request(StartConversationDocument, {});
    const conversation = startConversation!.conversation!.id;
    const say = (content: string) =>
      client.request(PostMessageDocument, { conversation, content, idempotencyKey: 'k' });
    await say('hello');
    await say('hello');
    const { conversation: read } = await client.request(MessagesDocument, { conversation });
    expect(read?.messages.nodes.map(({ content, role }) => [role, content])).toEqual([['USER', 'hello']]);
    const other = await refusal(say('other'));
    expect(other).toMatchObject({ code: 'CQ810', status: 200, isTemporary: false });
    expect(other.hint).toBeTruthy();
    const stranger = createClient({ url: api.api.url });
    const his = await register(stranger, { email: 'bob@example.org', password: PASSWORD });
    const { conversation: seen } = await createClient({ url: api.api.url, token: his.token }).request(
      MessagesDocument,
      { conversation },
    );
    expect(seen).toBeNull();
    const elsewhere = createClient({ url: api.api.url, token, workspaceId: his.workspaceId });
    expect(await refusal(elsewhere.request(ConversationsDocument, {}))).toMatchObject({
      code: 'CQ107',
      status: 403,
    });
    const wrong = createClient({ url: api.api.url, token: 'wrong' });
    expect(await refusal(wrong.request(ConversationsDocument, {}))).toMatchObject({
      code: 'CQ106',
      status: 401,
    });
    expect(await refusal(client.fetch('/nothing'))).toMatchObject({ status: 404 });
  });

  it('uploads files and streams, and shows how far they are', async () => {
    const text = new File(['Assam is strong.'], 'teas.txt', { type: 'text/plain' });
    const first = await upload(client, text, { visibility: 'workspace' });
    expect(first).toMatchObject({
      originalName: 'teas.txt',
      mimeType: 'text/plain',
      byteSize: 16,
      processingStatus: 'PENDING',
    });
    // the same bytes are the same file, so it could be sent again
    expect((await upload(client, text)).id).toBe(first.id);
    expect(await (await client.fetch(`/files/${first.id}`)).text()).toBe('Assam is strong.');
    const path = join(root, 'long');
    await writeFile(path, Buffer.alloc(3_000_000, 'tea '));
    const streamed = await upload(client, createReadStream(path), { name: 'long.txt' });
    expect(streamed).toMatchObject({ byteSize: 3_000_000, mimeType: 'text/plain' });
    const bytes = new TextEncoder().encode('# Ceylon');
    const web = await upload(client, new Blob([bytes]).stream(), {
      name: 'ceylon.md',
      contentType: 'text/markdown',
    });
    expect(web).toMatchObject({ byteSize: 8, mimeType: 'text/markdown' });
    expect((await upload(client, bytes, { name: 'ceylon.md', contentType: 'text/markdown' })).id).toBe(
      web.id,
    );

    expect(await refusal(upload(client, bytes))).toMatchObject({ code: 'CQ200', status: 400 });
    expect(await refusal(upload(client, bytes, { name: 'a.exe' }))).toMatchObject({
      code: 'CQ244',
      status: 415,
    });
    const visitor = createClient({ url: api.api.url });
    expect(await refusal(upload(visitor, text))).toMatchObject({ code: 'CQ101', status: 401 });
    const eve = await register(visitor, { email: 'eve@example.org', password: PASSWORD });
    const hers = createClient({ url: api.api.url, token: eve.token });
    expect(await refusal(hers.fetch(`/files/${first.id}`))).toMatchObject({ code: 'CQ204', status: 404 });
    expect(
      await refusal(Array.fromAsync(subscribe(hers, FileProgressDocument, { fileId: first.id }))),
    ).toMatchObject({ code: 'CQ204' });

    const set = (status: string) =>
      api.database
        .pool('owner')
        .query('update app_public.files set processing_status = $2 where id = $1', [first.id, status]);
    const stages: string[] = [];
    for await (const { fileProgress } of subscribe(client, FileProgressDocument, { fileId: first.id })) {
      if (fileProgress.stage !== stages.at(-1)) stages.push(fileProgress.stage);
      await set(fileProgress.stage === 'UPLOADED' ? 'processing' : 'completed');
    }
    expect(stages).toEqual(['UPLOADED', 'READING', 'EMBEDDED']);
  });

  it('signs in, with a code where there is a second factor, and out', async () => {
    const visitor = createClient({ url: api.api.url });
    const credentials = { email: 'ada@example.org', password: PASSWORD };
    expect((await signIn(visitor, credentials)).session?.userId).toBe(session.userId);
    expect(await refusal(signIn(visitor, { ...credentials, password: 'another one' }))).toMatchObject({
      code: 'CQ102',
    });
    const add = documentOf<{ addSecondFactor: { secondFactor: { uri: string } } }>(
      'mutation { addSecondFactor(input: {}) { secondFactor { uri } } }',
    );
    const app = appOf((await client.request(add)).addSecondFactor.secondFactor.uri);
    const confirm = documentOf<unknown, { code: string }>(
      'mutation ($code: String!) { confirmSecondFactor(input: { code: $code }) { recoveryCodes } }',
    );
    await inOneStep(() => client.request(confirm, { code: codeAt(app) }));
    await api.database.pool('owner').query('update app_private.second_factors set last_step = null');
    const first = await signIn(visitor, credentials);
    expect(first).toEqual({ challenge: expect.any(String), mustAddFactor: false });
    const confirmed = await confirmSignIn(visitor, { challenge: first.challenge!, code: codeAt(app) });
    expect(confirmed.userId).toBe(session.userId);

    token = confirmed.token;
    await client.request(SignOutDocument);
    expect(await refusal(client.request(ConversationsDocument, {}))).toMatchObject({
      code: 'CQ106',
      status: 401,
    });
  });
});
