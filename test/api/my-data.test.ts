import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openArchive, readArchiveLines } from '../../lib/archive/read.ts';
import { localStorage } from '../../lib/storage.ts';
import { makeCold, storeAll } from '../operations/cold/support.ts';
import { describeReal } from '../support/server.ts';
import { addContent, addDialogue, createWorkspace, indexAll, join } from '../support/tenants.ts';
import { asUser, type TestUser, until } from '../support/users.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

type Line = Record<string, unknown>;

describeReal('everything of a person over HTTP', () => {
  let root: string;
  let api: TestApi;
  let ann: Account;
  let here: TestUser;
  let packed: string;
  const bytes = randomBytes(3_000_000);
  const sql = async (text: string, ...values: unknown[]) =>
    (await api.database.pool('owner').query(text, values)).rows;
  const call = (user: TestUser, text: string, ...values: unknown[]) =>
    asUser(api.database, user, async (client) => (await client.query(text, values)).rows);
  const fetchData = (token?: string, method = 'GET') =>
    fetch(`${api.api.url}/my-data`, { method, headers: token ? { authorization: `Bearer ${token}` } : {} });

  /** Rows by kind, and hashes of files. */
  async function read(
    body: Readable,
  ): Promise<{ parts: Map<string, Line[]>; files: string[]; text: string }> {
    const reader = await openArchive(body, 'person');
    const found = { parts: new Map<string, Line[]>(), files: [] as string[], text: '' };
    for await (const entry of reader.entries()) {
      if (entry.name.startsWith('files/')) {
        const hash = createHash('sha256');
        for await (const piece of entry.content) hash.update(piece);
        expect(`files/${hash.digest('hex')}`).toBe(entry.name);
        found.files.push(entry.name);
        continue;
      }
      const name = entry.name.replace(/(\.\d+)?\.ndjson$/, '');
      for await (const lines of readArchiveLines(entry)) {
        found.text += lines.join('\n');
        found.parts.set(name, [...(found.parts.get(name) ?? []), ...lines.map((line) => JSON.parse(line))]);
      }
    }
    return found;
  }
  const fetched = async (token: string) => read(Readable.fromWeb((await fetchData(token)).body as never));

  beforeAll(async () => {
    root = await mkdtemp(joinPath(tmpdir(), 'colloquy-my-data-'));
    api = await startTestApi({ storage: localStorage(root) });
    ann = await register(api, 'ann@example.org');
    const bob = await register(api, 'bob@example.org');
    const [row] = await sql(`select id from app_public.users where email = 'ann@example.org'`);
    const [home] = await sql(
      'select workspace_id as id from app_public.workspace_members where user_id = $1',
      row.id,
    );
    here = { id: row.id, workspaceId: home.id, token: ann.token, memberRole: 'owner' };
    const { database } = api;
    await addContent(database, here, 'ann');
    await indexAll(database);
    await addDialogue(database, here, 'ann');
    packed = (await call(here, 'select id from app_public.start_conversation($1)', 'packed'))[0].id;
    await call(here, 'select app_public.post_message($1, $2)', packed, 'packed away');
    await indexAll(database);
    await call(here, 'select app_public.archive_conversation($1)', packed);
    // what she wrote in conversations of somebody else, one of them packed, and what bob wrote
    const [other] = await sql(`select id from app_public.users where email = 'bob@example.org'`);
    const team = await createWorkspace(database, 'Team');
    const host = await join(
      database,
      { id: other.id, workspaceId: team, token: bob.token, memberRole: 'owner' },
      team,
      'owner',
    );
    const guest = await join(database, here, team, 'member');
    for (const title of ['hot', 'cold']) {
      const [{ id }] = await call(
        host,
        `select id from app_public.start_conversation($1, 'workspace')`,
        title,
      );
      await call(host, 'select app_public.post_message($1, $2)', id, `bob in ${title}`);
      await call(guest, 'select app_public.post_message($1, $2)', id, `ann in ${title}`);
      await indexAll(database);
      if (title === 'cold') await call(host, 'select app_public.archive_conversation($1)', id);
    }
    for (const user of [here, guest, host]) {
      await call(
        user,
        `select app_public.put_agent_checkpoint($1, '1', 'json', '1')`,
        user === host ? 'bob in' : 'ann in',
      );
      await call(
        user,
        `select app_public.put_agent_checkpoint_writes('t', '1', array[row('task', '', 0, 'c', 'json', '1')::app_public.agent_checkpoint_write])`,
      );
    }
    const upload = await fetch(`${api.api.url}/files?name=big.txt`, {
      method: 'POST',
      body: bytes.toString('base64'),
      headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'text/plain' },
    });
    expect(upload.status).toBe(201);
  });
  afterAll(async () => {
    await api?.close();
    await rm(root, { recursive: true, force: true });
  });

  it('is one archive that anybody reads, with all that is hers and nothing that is not', async () => {
    const reply = await api.ask(
      'mutation { exportMyData(input: {}) { dataExport { path fileCount } } }',
      {},
      ann,
    );
    expect(reply.errors).toEqual([]);
    expect(reply.data.exportMyData.dataExport).toEqual({ path: '/my-data', fileCount: '2' });
    const { parts, files, text } = await fetched(ann.token);
    const contents = (part: string) => parts.get(part)?.map((line) => line.content);
    expect(parts.get('account')).toEqual([
      expect.objectContaining({ id: here.id, email: 'ann@example.org' }),
    ]);
    const owned = await sql(
      `select array_agg(m.content order by m.content) as texts from app_public.messages m where m.owner_id = $1`,
      here.id,
    );
    expect(contents('messages')?.sort()).toEqual([...owned[0].texts, 'packed away'].sort());
    expect(contents('messages_elsewhere')?.sort()).toEqual(['ann in cold', 'ann in hot']);
    expect(text).not.toContain('bob in');
    for (const part of ['agent_checkpoints', 'agent_checkpoint_writes']) {
      expect(
        parts.get(part)?.map(({ owner_id }) => owner_id),
        part,
      ).toEqual([here.id, here.id]);
    }
    for (const [part, table] of Object.entries({
      documents: 'documents',
      memories: 'memory_items',
      conversations: 'conversations',
      files: 'files',
      events: 'raw_events',
      repositories: 'repositories',
      images: 'generated_images',
      prompt_templates: 'system_prompt_templates',
      api_keys: 'api_keys',
    })) {
      const [{ ids }] = await sql(
        `select array_agg(id::text order by id) as ids from app_public.${table} where owner_id = $1`,
        here.id,
      );
      expect(
        parts.get(part)?.map(({ id }) => id),
        part,
      ).toEqual(ids);
    }
    for (const part of [
      'feedback',
      'citations',
      'tool_calls',
      'links',
      'sessions',
      'memberships',
      'audit_log',
      'usage',
      'repository_documents',
    ])
      expect(parts.get(part)?.length, part).toBeGreaterThan(0);
    expect(files).toHaveLength(1);
    // no secret
    const [secrets] = await sql(
      `select array_agg(distinct encode(s.hash, 'hex')) as hashes from (
         select token_hash as hash from app_private.user_sessions union all select token_hash from app_private.api_key_secrets
         union all select token_hash from app_public.conversation_shares union all select convert_to(password_hash, 'UTF8') from app_private.user_secrets) as s`,
    );
    const password = await sql(
      'select password_hash from app_private.user_secrets where user_id = $1',
      here.id,
    );
    for (const secret of [...secrets.hashes, password[0].password_hash, ann.token])
      expect(text).not.toContain(secret);
  });

  it('has what lies in files, hers and what she wrote elsewhere', async () => {
    const { database } = api;
    const before = (await fetched(ann.token)).parts;
    await sql(`update app_private.settings set value = '0' where name = 'cold_storage_days'`);
    await makeCold(database, []);
    await storeAll(database.pool('worker'), localStorage(root));
    const inFiles = () =>
      sql('select count(*)::int as n from app_hidden.conversation_archive_parts p where p.document is null');
    expect((await inFiles())[0].n).toBeGreaterThanOrEqual(2);
    const after = (await fetched(ann.token)).parts;
    for (const part of ['messages', 'messages_elsewhere']) expect(after.get(part)).toEqual(before.get(part));
    expect(await inFiles()).toEqual([{ n: 0 }]);
  });

  it('is for a session that was proved of late, and for nobody else', async () => {
    expect((await fetchData()).status).toBe(401);
    expect((await fetchData(ann.token, 'POST')).status).toBe(405);
    const [key] = await call(here, `select secret from app_public.create_api_key('all')`);
    const refused = await readReply(await fetchData(key.secret));
    expect([refused.status, codeOf(refused)]).toEqual([403, 'CQ110']);
    await sql(
      `update app_private.user_sessions set proved_at = now() - interval '1 day' where user_id = $1`,
      here.id,
    );
    const stale = await readReply(await fetchData(ann.token));
    expect([stale.status, codeOf(stale)]).toEqual([403, 'CQ142']);
    expect(
      codeOf(await api.ask('mutation { exportMyData(input: {}) { dataExport { path } } }', {}, ann)),
    ).toBe('CQ142');
    await sql('update app_private.user_sessions set proved_at = now() where user_id = $1', here.id);
    expect((await fetchData(ann.token, 'HEAD')).status).toBe(200);
  });

  it('goes to one at a time, and ends when the client leaves', async () => {
    // enough that it does not fit into the buffers of the connection
    for (let n = 0; n < 3; n += 1) {
      await fetch(`${api.api.url}/files?name=${n}.txt`, {
        method: 'POST',
        body: randomBytes(3_000_000).toString('base64'),
        headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'text/plain' },
      });
    }
    const first = httpGet(`${api.api.url}/my-data`, { headers: { authorization: `Bearer ${ann.token}` } });
    await new Promise((resolve) => first.once('response', (response) => response.once('readable', resolve)));
    const second = await readReply(await fetchData(ann.token));
    expect([second.status, codeOf(second)]).toEqual([503, 'CQ438']);
    first.destroy();
    await until(async () => (await fetchData(ann.token, 'HEAD')).status === 200);
  });
});
