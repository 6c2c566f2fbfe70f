import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTrustedDocuments, type TrustedDocuments } from '../../api/trusted-documents.ts';
import { log } from '../../lib/log.ts';
import { describeReal } from '../support/server.ts';
import {
  type Account,
  codeOf,
  type Reply,
  readReply,
  register,
  startTestApi,
  type TestApi,
} from './support.ts';

const ME = 'query Me { currentUser { email } }';
const MINE = 'query Mine($first: Int) { conversations(first: $first) { totalCount } }';
const START =
  'mutation Start($title: String) { startConversation(input: { title: $title }) { clientMutationId } }';
const LISTED = [ME, MINE, START];
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

describeReal('trusted documents', () => {
  let folder: string;
  let open: TestApi;
  let api: TestApi;
  let ada: Account;

  /** The list as tools write it. */
  async function listed(name: string, content: object): Promise<TrustedDocuments> {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify(content));
    return readTrustedDocuments(path);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-trusted-'));
    open = await startTestApi();
    ada = await register(open, 'ada@example.org');
    const trustedDocuments = await listed('persisted-documents.json', {
      me: ME,
      [hashOf(MINE)]: MINE,
      start: START,
    });
    api = await startTestApi({ database: open.database, trustedDocuments });
  });
  afterAll(async () => {
    await api?.api.close();
    await open?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets the tools of MCP ask what they ask, which is of this server', async () => {
    const params = { name: 'list_conversations', arguments: {} };
    const response = await fetch(`${api.api.url}/mcp`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
    });
    expect(await response.text()).toContain('"structuredContent":{"conversations":[]');
  });

  const headers = () => ({ 'content-type': 'application/json', authorization: `Bearer ${ada.token}` });
  const post = async (body: object): Promise<Reply> =>
    readReply(
      await fetch(`${api.api.url}/graphql`, {
        method: 'POST',
        headers: headers(),
        body: JSON.stringify(body),
      }),
    );
  const get = async (query: Record<string, string>): Promise<Reply> =>
    readReply(await fetch(`${api.api.url}/graphql?${new URLSearchParams(query)}`, { headers: headers() }));
  const apollo = (hash: string) => ({ persistedQuery: { version: 1, sha256Hash: hash } });
  const email = { currentUser: { email: 'ada@example.org' } };

  it('are executed by their id, as each client sends it, and by their text', async () => {
    for (const body of [
      { documentId: 'me' },
      { id: 'me' },
      { documentId: hashOf(ME) },
      { documentId: `sha256:${hashOf(ME)}` },
      { extensions: apollo(hashOf(ME)) },
      { extensions: apollo(hashOf(ME)), query: ME },
      { query: ME },
      { documentId: 'me', operationName: 'Me' },
    ]) {
      expect((await post(body)).data, JSON.stringify(body)).toEqual(email);
    }
    const variables = { first: 1 };
    expect((await post({ documentId: hashOf(MINE), variables })).data.conversations.totalCount).toBe(0);
  });

  it('are all that is executed', async () => {
    for (const body of [
      { query: '{ currentUser { email } }' },
      { query: `${ME} ` },
      { query: '{ __typename }' },
      { documentId: 'none' },
      { documentId: hashOf('{ __typename }') },
      { documentId: '__proto__' },
      { documentId: 7 },
      { extensions: apollo(hashOf('{ __typename }')) },
      // what comes with an id of the list is that document, or nothing
      { documentId: 'me', query: '{ __typename }' },
      { documentId: 'me', query: MINE },
      { extensions: apollo(hashOf(ME)), query: '{ __typename }' },
      {},
    ]) {
      const reply = await post(body);
      expect([reply.status, codeOf(reply), reply.data], JSON.stringify(body)).toEqual([
        400,
        'CQ422',
        undefined,
      ]);
    }
  });

  it('come by GET, too, where they only read', async () => {
    expect((await get({ documentId: 'me' })).data).toEqual(email);
    expect((await get({ extensions: JSON.stringify(apollo(hashOf(ME))) })).data).toEqual(email);
    const mine = await get({ id: hashOf(MINE), variables: '{"first":1}' });
    expect(mine.data.conversations.totalCount).toBe(0);
    expect(codeOf(await get({ query: '{ __typename }' }))).toBe('CQ422');
    expect(codeOf(await get({ documentId: 'none' }))).toBe('CQ422');
    const changing = await get({ documentId: 'start', variables: '{"title":"x"}' });
    expect([changing.status, codeOf(changing)]).toEqual([405, 'CQ405']);
  });

  it('does not write down what was sent with a document that is refused', async () => {
    const written: unknown[] = [];
    const { error } = console;
    console.error = (...values) => written.push(values);
    try {
      await post({
        query: 'mutation ($p: String!) { signIn(input: { password: $p }) }',
        variables: { p: 'secret' },
      });
    } finally {
      console.error = error;
    }
    expect(written).toEqual([]);
  });

  it('are read from what graphql-codegen, Relay and Apollo write, and from a folder', async () => {
    const operations = LISTED.map((body) => ({ id: hashOf(body), name: 'x', type: 'query', body }));
    const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations };
    expect((await listed('manifest.json', manifest)).get(hashOf(ME))).toBe(ME);
    expect((await listed('relay.json', { '1f3a': MINE })).get('1f3a')).toBe(MINE);
    await writeFile(join(folder, 'Me.graphql'), ME);
    const trusted = await readTrustedDocuments(folder);
    expect([...trusted.keys()]).toEqual(['Me', hashOf(ME), `sha256:${hashOf(ME)}`]);
  });

  it('are named at the start when they are not valid, and hold up nothing', async () => {
    const named: string[] = [];
    const { warn } = log;
    log.warn = (({ document }: { document: string }) => named.push(document)) as unknown as typeof warn;
    const stale = 'query Old { whatWasOnce }';
    const trustedDocuments = await listed('stale.json', { me: ME, old: stale });
    const other = await startTestApi({ database: open.database, trustedDocuments });
    log.warn = warn;
    expect(named.filter((id) => id === 'old')).toHaveLength(1);
    expect(named).not.toContain('me');
    expect((await other.ask(ME, {}, { token: ada.token })).data).toEqual(email);
    expect(codeOf(await other.ask(stale))).toBe('CQ400');
    await other.api.close();
  });

  it('are refused as a setting that cannot be used', async () => {
    const unusable = { code: 'CQ001', message: expect.stringContaining('TRUSTED_DOCUMENTS') };
    await expect(readTrustedDocuments(join(folder, 'nowhere'))).rejects.toMatchObject(unusable);
    await expect(listed('empty.json', {})).rejects.toMatchObject(unusable);
    await expect(listed('numbers.json', { a: 1 })).rejects.toMatchObject(unusable);
    await expect(listed('list.json', [ME])).rejects.toMatchObject(unusable);
  });
});
