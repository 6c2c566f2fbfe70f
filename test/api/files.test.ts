import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localStorage } from '../../lib/storage.ts';
import { pdf } from '../support/files.ts';
import { describeReal } from '../support/server.ts';
import { join as joinWorkspace } from '../support/tenants.ts';
import { until } from '../support/users.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

describeReal('files over HTTP', () => {
  let root: string;
  let api: TestApi;
  let ann: Account;
  let bob: Account;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-files-'));
    api = await startTestApi({ storage: localStorage(root) });
    ann = await register(api, 'ann@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterAll(async () => {
    await api?.close();
    await rm(root, { recursive: true, force: true });
  });

  type Query = Record<string, string>;
  const send = async (
    token: string | undefined,
    body: Buffer | string,
    query: Query = { name: 'a.txt' },
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${api.api.url}/files?${new URLSearchParams(query)}`, {
      method: 'POST',
      body: body as string,
      headers: { 'content-type': '', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    });
    const reply = await readReply(response);
    return { ...reply, file: reply.text.includes('"file"') ? JSON.parse(reply.text).file : undefined };
  };
  const get = (token: string | undefined, id: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${api.api.url}/files/${id}`, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
    });
  const stored = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const owner = () => api.database.pool('owner');

  it('refuses a source that runs something when it is clicked', async () => {
    for (const sourceUrl of ['javascript:alert(1)', 'java\tscript:alert(1)', 'data:text/html,x']) {
      const reply = await send(ann.token, 'bytes', { name: 'a.txt', sourceUrl });
      expect([reply.status, codeOf(reply)], sourceUrl).toEqual([400, 'CQ200']);
      expect(reply.errors[0]?.message).toBe('sourceUrl is not acceptable.');
    }
    expect(
      (await send(ann.token, 'bytes', { name: 'a.txt', sourceUrl: 'https://example.org/a' })).status,
    ).toBe(201);
  });

  it('takes a file and gives it back, byte by byte', async () => {
    const bytes = pdf([['One page.']]);
    const { status, headers, file } = await send(
      ann.token,
      bytes,
      { name: '../../Jahres "bericht" ö.pdf' },
      { 'content-type': 'application/pdf' },
    );
    expect(status).toBe(201);
    expect(file).toEqual({
      id: expect.any(String),
      originalName: 'Jahres "bericht" ö.pdf',
      mimeType: 'application/pdf',
      byteSize: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      processingStatus: 'PENDING',
    });
    expect(headers.get('location')).toBe(`/files/${file.id}`);
    const back = await get(ann.token, file.id);
    expect(back.status).toBe(200);
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
    expect(back.headers.get('content-type')).toBe('application/pdf');
    expect(back.headers.get('content-disposition')).toBe(
      `attachment; filename="Jahres _bericht_ _.pdf"; filename*=UTF-8''Jahres%20%22bericht%22%20%C3%B6.pdf`,
    );
    const head = await get(ann.token, file.id, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(bytes.length),
      '',
    ]);
    const reply = await api.ask(
      `{ files(filter: { originalName: { startsWith: "Jahres" } }) { nodes { id isStored } } }`,
      {},
      ann,
    );
    expect(reply.data.files.nodes).toEqual([{ id: file.id, isStored: true }]);
  });

  it('gives parts, and nothing that did not change', async () => {
    const { file } = await send(ann.token, '0123456789', { name: 'digits.txt' });
    const part = async (range: string, more = {}) => {
      const response = await get(ann.token, file.id, { range, ...more });
      return [response.status, response.headers.get('content-range'), await response.text()];
    };
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await part('bytes=-2')).toEqual([206, 'bytes 8-9/10', '89']);
    expect(await part('bytes=5-99')).toEqual([206, 'bytes 5-9/10', '56789']);
    expect(await part('bytes=0-0,2-2')).toEqual([200, null, '0123456789']);
    expect(await part('bytes=5-2')).toEqual([200, null, '0123456789']);
    expect((await part('bytes=10-')).slice(0, 2)).toEqual([416, 'bytes */10']);
    const etag = (await get(ann.token, file.id)).headers.get('etag')!;
    expect((await get(ann.token, file.id, { 'if-none-match': etag })).status).toBe(304);
    expect(await part('bytes=2-4', { 'if-range': '"other"' })).toEqual([200, null, '0123456789']);
    expect((await part('bytes=2-4', { 'if-range': etag }))[0]).toBe(206);
  });

  it('never lets a browser run what was stored', async () => {
    const { file } = await send(ann.token, '<script>alert(1)</script>', { name: 'x.html' });
    const { headers } = await get(ann.token, file.id);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  });

  it('keeps equal bytes once, tells a second time the first, and keeps tenants apart', async () => {
    const before = (await stored()).length;
    const first = await send(ann.token, 'the same');
    const again = await send(ann.token, 'the same', { name: 'b.txt' });
    expect(again.file.id).toBe(first.file.id);
    expect((await stored()).length).toBe(before + 1);
    const other = await send(bob.token, 'the same');
    expect(other.file.id).not.toBe(first.file.id);
    expect((await stored()).length).toBe(before + 2);
    expect((await get(bob.token, other.file.id)).status).toBe(200);
  });

  it('says the same of what is not there, not yours, and no id at all', async () => {
    const { file } = await send(ann.token, 'mine alone');
    const shared = await send(ann.token, 'for all of mine', { name: 'c.txt', visibility: 'workspace' });
    const replies = await Promise.all(
      [file.id, shared.file.id, '0198c000-0000-7000-8000-000000000000', 'x', '..%2f..%2fetc'].map(
        async (id) => {
          const reply = await readReply(await get(bob.token, id));
          return [reply.status, codeOf(reply), reply.errors[0]!.message];
        },
      ),
    );
    for (const reply of replies) expect(reply).toEqual([404, 'CQ204', 'There is no such file.']);
  });

  it('asks who it is and what they may do', async () => {
    const { file } = await send(ann.token, 'guarded');
    for (const reply of [await send(undefined, 'x'), await readReply(await get(undefined, file.id))]) {
      expect([reply.status, codeOf(reply)]).toEqual([401, 'CQ101']);
    }
    expect(await send('not-a-token', 'x')).toMatchObject({ status: 401 });
    expect(codeOf(await send('not-a-token', 'x'))).toBe('CQ106');

    const team = (
      await owner().query(`insert into app_public.workspaces (name) values ('Team') returning id`)
    ).rows[0].id;
    const user = (account: Account) => ({
      id: account.userId,
      workspaceId: team,
      token: account.token,
      memberRole: '',
    });
    await joinWorkspace(api.database, user(ann), team, 'owner');
    await joinWorkspace(api.database, user(bob), team, 'viewer');
    const inTeam = { 'x-workspace-id': team };
    const own = await send(ann.token, 'private', { name: 'p.txt' }, inTeam);
    const open = await send(ann.token, 'open', { name: 'o.txt', visibility: 'workspace' }, inTeam);
    expect((await get(bob.token, open.file.id, inTeam)).status).toBe(200);
    expect((await get(bob.token, own.file.id, inTeam)).status).toBe(404);
    const refused = await send(bob.token, 'x', { name: 'a.txt' }, inTeam);
    expect([refused.status, codeOf(refused)]).toEqual([403, 'CQ109']);
    // the right file in the wrong workspace
    expect((await get(ann.token, open.file.id)).status).toBe(404);

    const key = async (scopes: string[]): Promise<string> => {
      const reply = await api.ask(
        `mutation ($scopes: [ApiKeyScope!]!) { createApiKey(input: { name: "k", scopes: $scopes }) { newApiKey { secret } } }`,
        { scopes: scopes.map((scope) => scope.toUpperCase()) },
        ann,
      );
      return reply.data.createApiKey.newApiKey.secret;
    };
    const [reader, searcher, writer] = [
      await key(['read']),
      await key(['search']),
      await key(['read', 'write']),
    ];
    expect((await get(reader, file.id)).status).toBe(200);
    expect(codeOf(await send(reader, 'x'))).toBe('CQ110');
    const hidden = await readReply(await get(searcher, file.id));
    expect([hidden.status, codeOf(hidden)]).toEqual([403, 'CQ110']);
    expect((await send(writer, 'by a key')).status).toBe(201);
  });

  it('refuses types, sizes and conversations before it takes the bytes', async () => {
    const before = (await stored()).length;
    const of = async (...args: Parameters<typeof send>) => {
      const reply = await send(...args);
      return [reply.status, codeOf(reply)];
    };
    expect(await of(ann.token, 'x', { name: 'film.mp4' })).toEqual([415, 'CQ244']);
    expect(await of(ann.token, 'x', { name: 'a.txt' }, { 'content-type': 'video/mp4' })).toEqual([
      415,
      'CQ244',
    ]);
    expect(await of(ann.token, 'x', {})).toEqual([400, 'CQ200']);
    expect(await of(ann.token, 'x', { name: 'a.txt', visibility: 'all' })).toEqual([400, 'CQ200']);
    expect(await of(ann.token, 'x', { name: 'a.txt', conversationId: '1' })).toEqual([400, 'CQ200']);
    const conversation = await api.ask(
      `mutation { startConversation(input: {}) { conversation { id } } }`,
      {},
      bob,
    );
    for (const id of [
      conversation.data.startConversation.conversation.id,
      '0198c000-0000-7000-8000-000000000000',
    ]) {
      expect(await of(ann.token, 'x', { name: 'a.txt', conversationId: id })).toEqual([404, 'CQ204']);
    }
    await owner().query(
      `update app_public.file_type_configs set max_bytes = 100 where mime_type = 'text/csv'`,
    );
    expect(await of(ann.token, 'x'.repeat(101), { name: 'a.csv' })).toEqual([413, 'CQ413']);
    expect((await stored()).length).toBe(before);
    expect((await send(ann.token, 'x'.repeat(100), { name: 'a.csv' })).status).toBe(201);
    const wrong = await fetch(`${api.api.url}/files`, { headers: { authorization: `Bearer ${ann.token}` } });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('counts what comes without a length', async () => {
    const before = (await stored()).length;
    const status = await new Promise((resolve, reject) => {
      const upload = httpRequest(
        `${api.api.url}/files?name=b.csv`,
        { method: 'POST', headers: { authorization: `Bearer ${ann.token}`, 'transfer-encoding': 'chunked' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      upload.on('error', reject);
      upload.write('x'.repeat(60));
      upload.end('x'.repeat(60));
    });
    expect(status).toBe(413);
    await until(async () => (await stored()).length === before);
  });

  it('keeps nothing of an upload that breaks off', async () => {
    const before = (await stored()).length;
    const upload = httpRequest(`${api.api.url}/files?name=half.txt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.token}`, 'content-length': 1000 },
    });
    upload.on('error', () => {});
    // more than what is looked at before the storage gets any
    upload.write('half'.repeat(20));
    await until(async () => (await stored()).length === before + 1);
    upload.destroy();
    await until(async () => (await stored()).length === before);
    const { rows } = await owner().query(`select from app_public.files where original_name = 'half.txt'`);
    expect(rows).toEqual([]);
    expect((await send(ann.token, 'whole', { name: 'half.txt' })).status).toBe(201);
  });

  it('is masked when the bytes are lost', async () => {
    const { file } = await send(ann.token, 'to be lost');
    const { rows } = await owner().query('select storage_path from app_public.files where id = $1', [
      file.id,
    ]);
    await rm(join(root, rows[0].storage_path));
    const reply = await readReply(await get(ann.token, file.id));
    expect([reply.status, codeOf(reply)]).toEqual([500, 'CQ500']);
    expect(reply.text).not.toContain(rows[0].storage_path);
  });
});
