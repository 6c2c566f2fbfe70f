import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { localStorage } from '../../lib/storage.ts';
import { serverUser } from '../../tools/postgres/places.ts';
import { isLong, LONG } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { describeWithBinaries } from '../tools/postgres/support.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from './support.ts';

/** A file system of two hundred megabytes that the server's user may write to; undefined where none can be mounted. */
async function mountSmallDisk(): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-disk-'));
  chmodSync(folder, 0o755);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  mkdirSync(join(folder, 'space'), { mode: 0o700 });
  const user = await serverUser();
  if (user) execFileSync('chown', [`${user.uid}:${user.gid}`, join(folder, 'space')]);
  return folder;
}

const disk = await mountSmallDisk();

await describeWithBinaries('a server that answers and cannot do its work', (binaries) => {
  let server: OwnServer;
  let database: Database;
  let api: TestApi;
  let ada: Account;
  let files: string;

  beforeAll(async () => {
    server = await openOwnServer(binaries, { max_connections: '30' });
    database = serverDatabase(server.url);
    files = mkdtempSync(join(tmpdir(), 'colloquy-files-'));
    api = await startTestApi({ database, storage: localStorage(files) });
    ada = await register(api, 'ada@example.org');
  }, LONG);
  afterAll(async () => {
    await api?.close();
    await server?.stop();
    if (files) rmSync(files, { recursive: true, force: true });
    if (disk) {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    }
  });

  const asAda = (query: string) => api.ask(query, {}, { token: ada.token });
  const write = () => asAda('mutation { startConversation(input: {}) { conversation { id } } }');
  const read = () => asAda('{ currentUser { email } }');
  const upload = async () =>
    readReply(
      await fetch(`${api.api.url}/files?name=fog.md`, {
        method: 'POST',
        body: `# Fog ${Math.random()}`,
        headers: { 'content-type': 'text/markdown', authorization: `Bearer ${ada.token}` },
      }),
    );
  const ready = async () => {
    const response = await fetch(`${api.api.url}/readyz`);
    return { ...((await response.json()) as object), status: response.status };
  };
  const admin = (sql: string) => database.pool('admin').query(sql);

  it('is read-only: changes are CQ510, reading works, /readyz says so, and it is over when the server writes again', async () => {
    expect((await write()).errors).toEqual([]);
    await admin('alter system set default_transaction_read_only = on');
    await admin('select pg_reload_conf()');
    await expect.poll(async () => codeOf(await write())).toBe('CQ510');
    const file = await upload();
    expect([file.status, codeOf(file)]).toEqual([503, 'CQ510']);
    expect(file.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect((await read()).data.currentUser.email).toBe('ada@example.org');
    const reason = expect.stringContaining('CQ510');
    await expect
      .poll(ready)
      .toMatchObject({ status: 503, ready: false, database: 'ok', writes: 'failed', reason });
    await admin('alter system reset default_transaction_read_only');
    await admin('select pg_reload_conf()');
    await expect.poll(async () => codeOf(await write())).toBeUndefined();
    await expect.poll(ready).toMatchObject({ status: 200, writes: 'ok' });
  });

  it('leaves a server that takes no changes: after a failover, another one is at the same address', async () => {
    // a session that takes no changes, as those of a server that was demoted
    const client = await database.pool('authenticator', 'requests').connect();
    await client.query('set default_transaction_read_only = on');
    client.release();
    expect(codeOf(await write())).toBe('CQ510');
    expect((await write()).errors).toEqual([]);
  });

  it('has too many connections: requests are CQ513 with HTTP 503, and work again when there is one', async () => {
    await expect
      .poll(async () => {
        const { rows } = await admin(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'colloquy authenticator%'`,
        );
        return rows.length;
      })
      .toBe(0);
    const taken: pg.Client[] = [];
    for (;;) {
      const client = new pg.Client({ connectionString: server.adminUrl });
      client.on('error', () => {});
      try {
        await client.connect();
      } catch {
        break;
      }
      taken.push(client);
    }
    const refused = await read();
    expect([refused.status, codeOf(refused)]).toEqual([503, 'CQ513']);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    // what it says is a second old at most
    await expect.poll(ready).toMatchObject({ status: 503, database: 'failed' });
    await Promise.all(taken.map((client) => client.end()));
    await expect.poll(async () => (await read()).data?.currentUser?.email).toBe('ada@example.org');
    await expect.poll(ready).toMatchObject({ status: 200 });
  });

  it.skipIf(disk === undefined)(
    'has no room: changes are CQ511, reading works, /readyz says so, and it goes on when there is',
    {
      timeout: LONG,
    },
    async () => {
      const name = new URL(server.url).pathname.slice(1);
      const elsewhere = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
      await elsewhere.query(`create tablespace small location '${join(disk!, 'space')}'`);
      await expect
        .poll(async () => {
          await elsewhere.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
          );
          return elsewhere.query(`alter database "${name}" set tablespace small`).then(
            () => 'moved',
            (error: Error) => error.message,
          );
        })
        .toBe('moved');
      await elsewhere.end();
      await expect.poll(async () => codeOf(await write())).toBeUndefined();
      await admin('create table ballast (x text)');
      await admin('alter table ballast alter x set storage external');
      // to the last page
      for (const rows of [1_000, 10, 1]) {
        const fill = `insert into ballast select repeat('x', 7000) from generate_series(1, ${rows})`;
        const isFull = () =>
          admin(fill).then(
            () => false,
            (error) => error.code === '53100',
          );
        while (!(await isFull()));
      }
      const reason = expect.stringContaining('CQ511');
      await expect.poll(ready).toMatchObject({ status: 503, database: 'ok', writes: 'failed', reason });
      await expect.poll(async () => codeOf(await write())).toBe('CQ511');
      expect((await read()).data.currentUser.email).toBe('ada@example.org');
      await admin('drop table ballast');
      await admin('checkpoint');
      expect((await write()).errors).toEqual([]);
      // a minute after the last one that failed
      if (!isLong()) return;
      await expect.poll(ready, { timeout: 150_000 }).toMatchObject({ status: 200, writes: 'ok' });
    },
  );

  it('says CQ511, CQ512 and CQ514 for what the server says, and /readyz remembers a full disk', async () => {
    // a stand-in: the server's own words for a disk that is full where a request writes
    await admin(`create function impaired() returns trigger language plpgsql as $$
      begin raise exception 'could not extend file' using errcode = current_setting('test.errcode'); end $$`);
    await admin(
      'create trigger impaired before insert on app_public.conversations for each row execute function impaired()',
    );
    await admin('grant execute on function impaired() to public');
    const name = new URL(server.url).pathname.slice(1);
    const codes: (string | undefined)[] = [];
    for (const state of ['53200', '58030', '53100']) {
      await admin(`alter database "${name}" set test.errcode = '${state}'`);
      await admin(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'colloquy authenticator%'`,
      );
      await expect.poll(async () => (await read()).data?.currentUser?.email).toBe('ada@example.org');
      codes.push(codeOf(await write()));
    }
    expect(codes).toEqual(['CQ512', 'CQ514', 'CQ511']);
    await expect.poll(ready).toMatchObject({ status: 503, writes: 'failed', database: 'ok' });
    await admin('drop trigger impaired on app_public.conversations');
    expect((await write()).errors).toEqual([]);
  });
});
