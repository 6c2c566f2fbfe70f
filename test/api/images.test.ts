import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localStorage } from '../../lib/storage.ts';
import { images } from '../support/files.ts';
import { describeReal } from '../support/server.ts';
import { join as joinWorkspace } from '../support/tenants.ts';
import { until } from '../support/users.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

const EXTENSION: Record<string, string> = { 'image/jpeg': 'jpg' };
const extensionOf = (type: string) => EXTENSION[type] ?? type.split('/')[1]!;

describeReal('images', () => {
  let root: string;
  let api: TestApi;
  let ann: Account;
  let bob: Account;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'colloquy-images-'));
    api = await startTestApi({ storage: localStorage(root) });
    ann = await register(api, 'ann@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterAll(async () => {
    await api?.close();
    await rm(root, { recursive: true, force: true });
  });

  const send = async (
    account: Account,
    body: Buffer | string,
    query: Record<string, string>,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`${api.api.url}/files?${new URLSearchParams(query)}`, {
      method: 'POST',
      body: body as string,
      headers: { 'content-type': '', authorization: `Bearer ${account.token}`, ...headers },
    });
    const reply = await readReply(response);
    return { ...reply, file: reply.text.includes('"file"') ? JSON.parse(reply.text).file : undefined };
  };
  const refused = async (...args: Parameters<typeof send>) => {
    const reply = await send(...args);
    return [reply.status, codeOf(reply)];
  };
  const get = (account: Account, id: string, more: Record<string, string> = {}, method = 'GET') =>
    fetch(`${api.api.url}/files/${id}`, {
      method,
      headers: { authorization: `Bearer ${account.token}`, ...more },
    });
  const owner = () => api.database.pool('owner');
  const stored = async () =>
    (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length;
  const record = (account: Account, input: Record<string, unknown>) =>
    api.ask(
      `mutation ($input: RecordImageInput!) { recordImage(input: $input) {
         generatedImage { id fileId width height format storagePath } } }`,
      { input: { prompt: 'a zebra', ...input } },
      account,
    );
  const begin = async (account: Account): Promise<string> =>
    (await api.ask('mutation { startConversation(input: {}) { conversation { id } } }', {}, account)).data
      .startConversation.conversation.id;

  it.each(Object.keys(images))('are what their bytes say: %s', async (type) => {
    const bytes = images[type]!(640, 480, `of ${type}`);
    const claims: [string, string][] = [
      [`a.${extensionOf(type)}`, ''],
      ['photo', 'application/octet-stream'],
      ['a.png', 'image/png'],
      ['a.txt', ''],
    ];
    for (const [name, claimed] of claims) {
      const { status, file } = await send(ann, bytes, { name }, { 'content-type': claimed });
      // the same bytes are the first file, whatever they are called now
      expect([status, file?.mimeType, file?.image, file?.processingStatus], name).toEqual([
        201,
        type,
        { width: 640, height: 480 },
        'COMPLETED',
      ]);
    }
    const { file } = await send(ann, bytes, { name: 'again' });
    const back = await get(ann, file.id);
    expect(Buffer.from(await back.arrayBuffer()).equals(bytes)).toBe(true);
    const header = (name: string) => back.headers.get(name);
    expect(header('content-type')).toBe(type);
    expect(header('content-disposition')).toMatch(/^inline; filename="a\./);
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect(header('cross-origin-resource-policy')).toBe('same-origin');
    const etag = header('etag')!;
    expect(etag).toBe(`"${createHash('sha256').update(bytes).digest('hex')}"`);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      expect((await get(ann, file.id, { 'if-none-match': known })).status).toBe(304);
    }
    expect((await get(ann, file.id, {}, 'HEAD')).headers.get('content-length')).toBe(String(bytes.length));
    expect((await get(bob, file.id)).status).toBe(404);
  });

  it('wait for no worker, and count as what is stored', async () => {
    const before = await owner().query(
      'select sum(s.bytes)::int as bytes from app_private.workspace_storage s where s.workspace_id = $1',
      [ann.workspaceId],
    );
    const bytes = images['image/png']!(8, 8, 'counted');
    const { file } = await send(ann, bytes, { name: 'counted.png' });
    const after = await owner().query(
      'select sum(s.bytes)::int as bytes from app_private.workspace_storage s where s.workspace_id = $1',
      [ann.workspaceId],
    );
    expect(after.rows[0].bytes - before.rows[0].bytes).toBe(bytes.length);
    const { rows } = await api.database
      .pool('worker')
      .query('select file_id from app_hidden.find_unread_files() where file_id = $1', [file.id]);
    expect(rows).toEqual([]);
    const claimed = await api.database
      .pool('worker')
      .query('select * from app_hidden.claim_file($1, $2)', [ann.workspaceId, file.id]);
    expect(claimed.rows).toEqual([]);
  });

  it('are refused when they are none, too large to decode, broken off or empty, and nothing stays', async () => {
    const before = await stored();
    const png = images['image/png']!;
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    expect(await refused(ann, svg, { name: 'a.png' })).toEqual([415, 'CQ860']);
    expect(await refused(ann, svg, { name: 'x' }, { 'content-type': 'image/png' })).toEqual([415, 'CQ860']);
    expect(await refused(ann, svg, { name: 'a.svg' }, { 'content-type': 'image/svg+xml' })).toEqual([
      415,
      'CQ244',
    ]);
    expect(await refused(ann, '', { name: 'a.png' })).toEqual([415, 'CQ860']);
    expect(await refused(ann, png(8, 8).subarray(0, 14), { name: 'a.png' })).toEqual([415, 'CQ860']);
    expect(await refused(ann, png(0, 8), { name: 'a.png' })).toEqual([415, 'CQ860']);
    for (const type of Object.keys(images)) {
      const bomb = images[type]!(16_000, 16_000);
      expect(await refused(ann, bomb, { name: 'bomb' }), type).toEqual([413, 'CQ861']);
    }
    expect(await refused(ann, png(4_000_000_000, 1), { name: 'a.png' })).toEqual([413, 'CQ861']);
    // a header that never ends is read no further than its bound
    const endless = Buffer.concat([Buffer.from('ffd8ff', 'hex'), Buffer.alloc(3_000_000, 0xe1)]);
    expect(await refused(ann, endless, { name: 'a.jpg' })).toEqual([415, 'CQ860']);
    expect(await refused(ann, png(8, 8), { name: 'a.png' }, { 'content-range': 'bytes 0-32/100' })).toEqual([
      400,
      'CQ862',
    ]);
    await owner().query(
      `update app_public.file_type_configs set max_bytes = 1000 where mime_type = 'image/png'`,
    );
    expect(await refused(ann, png(8, 8, 'x'.repeat(1000)), { name: 'a.png' })).toEqual([413, 'CQ413']);
    await owner().query(
      `update app_public.file_type_configs set is_enabled = false where mime_type = 'image/gif'`,
    );
    expect(await refused(ann, images['image/gif']!(1, 1), { name: 'a.png' })).toEqual([415, 'CQ244']);
    await owner().query(
      `update app_public.file_type_configs set is_enabled = true where mime_type = 'image/gif'`,
    );
    // what says that it is something else is stored as that, and only ever saved
    const text = await send(
      ann,
      'GIF89a is how they begin',
      { name: 'a.txt' },
      { 'content-type': 'text/plain' },
    );
    expect(text.file.mimeType).toBe('text/plain');
    expect((await get(ann, text.file.id)).headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(await stored()).toBe(before + 1);
    const half = httpRequest(`${api.api.url}/files?name=half.jpg`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.token}`, 'content-length': 1000 },
    });
    half.on('error', () => {});
    half.write(images['image/jpeg']!(8, 8, 'half'));
    await until(async () => (await stored()) === before + 2);
    half.destroy();
    await until(async () => (await stored()) === before + 1);
  });

  it('have names that harm nothing', async () => {
    const { file } = await send(ann, images['image/png']!(3, 3), {
      name: '../../etc/a\0b\r\nSet-Cookie: x=1".png',
    });
    const back = await get(ann, file.id);
    expect(back.headers.get('set-cookie')).toBeNull();
    expect(back.headers.get('content-disposition')).toMatch(
      /^inline; filename="[\w. -]+"; filename\*=UTF-8''[\w%.-]+$/,
    );
    expect(file.originalName).not.toMatch(/[\0/]/);
  });

  it('are recorded with their bytes, and read by who reads the conversation', async () => {
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
    await joinWorkspace(api.database, user(bob), team, 'member');
    const inTeam = { 'x-workspace-id': team };
    const annInTeam = { ...ann, headers: inTeam };
    const bobInTeam = { ...bob, headers: inTeam };
    const conversation = await begin(annInTeam);
    const { file } = await send(ann, images['image/webp']!(300, 200, 'made'), { name: 'made.webp' }, inTeam);
    const reply = await record(annInTeam, {
      conversationId: conversation,
      fileId: file.id,
      width: 1,
      height: 1,
      format: 'GIF',
    });
    expect(reply.errors).toEqual([]);
    expect(reply.data.recordImage.generatedImage).toMatchObject({
      fileId: file.id,
      width: 300,
      height: 200,
      format: 'WEBP',
      storagePath: `${team}/${file.sha256.slice(0, 2)}/${file.sha256}`,
    });
    expect((await get(bob, file.id, inTeam)).status).toBe(404);
    const share = (visibility: string) =>
      owner().query('update app_public.conversations set visibility = $2 where id = $1', [
        conversation,
        visibility,
      ]);
    await share('workspace');
    expect((await get(bob, file.id, inTeam)).status).toBe(200);
    await share('private');
    expect((await get(bob, file.id, inTeam)).status).toBe(404);

    // what is not the caller's, not here, in another conversation, no image, or nothing at all
    const bobs = await send(
      bob,
      images['image/png']!(5, 5, 'of bob'),
      { name: 'b.png', visibility: 'workspace' },
      inTeam,
    );
    const elsewhere = await send(ann, images['image/png']!(5, 5, 'elsewhere'), { name: 'e.png' });
    const text = await send(ann, 'words', { name: 'w.txt' }, inTeam);
    const other = await begin(annInTeam);
    for (const [conversationId, fileId] of [
      [conversation, bobs.file.id],
      [conversation, elsewhere.file.id],
      [conversation, text.file.id],
      [other, file.id],
      [conversation, '0198c000-0000-7000-8000-000000000000'],
    ]) {
      expect(codeOf(await record(annInTeam, { conversationId, fileId }))).toBe('CQ204');
    }
    expect(codeOf(await record(bobInTeam, { conversationId: conversation, fileId: bobs.file.id }))).toBe(
      'CQ204',
    );
    expect(codeOf(await record(annInTeam, { conversationId: conversation }))).toBe('CQ200');
    expect((await get(bob, elsewhere.file.id, inTeam)).status).toBe(404);

    // a legal hold on files leaves them as they are, and images are recorded still
    await owner().query(
      `insert into app_public.legal_holds (workspace_id, kind, reason) values ($1, 'files', 'a case')`,
      [team],
    );
    const held = await send(ann, images['image/png']!(6, 6, 'held'), { name: 'held.png' }, inTeam);
    const kept = await record(annInTeam, { conversationId: conversation, fileId: held.file.id });
    expect(kept.errors).toEqual([]);
    const { rows } = await owner().query('select conversation_id from app_public.files where id = $1', [
      held.file.id,
    ]);
    expect(rows).toEqual([{ conversation_id: null }]);
  });
});
