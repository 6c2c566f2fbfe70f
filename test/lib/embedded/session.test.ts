import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedDatabase, type EmbeddedLogin, openEmbedded } from '../../../lib/embedded/open.ts';
import { until } from '../../support/users.ts';

describe('the embedded database', () => {
  let folder: string;
  let database: EmbeddedDatabase;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'colloquy-embedded-'));
    database = await openEmbedded(folder, { idleInTransaction: 5_000 });
    const admin = database.pool('postgres');
    await admin.query(readFileSync(join(import.meta.dirname, '../../../sql/roles.sql'), 'utf8'));
    await admin.query(
      'create table public.notes (id integer generated always as identity, text text, who name default session_user)',
    );
    await admin.query(
      'grant select, insert on public.notes to colloquy_owner, colloquy_worker, colloquy_authenticator',
    );
  });
  afterAll(async () => {
    await database?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const notes = async (): Promise<string[]> =>
    (await database.pool('postgres').query('select text from public.notes order by id')).rows.map(
      (row) => row.text,
    );
  async function withClient<T>(login: EmbeddedLogin, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: database.url(login) });
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  it('cuts off a client that keeps everybody waiting inside an open transaction', async () => {
    const client = new pg.Client({ connectionString: database.url('colloquy_owner') });
    const cutOff = new Promise<Error>((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('begin');
    await client.query(`insert into public.notes (text) values ('never')`);
    // waits for the session, and gets it
    expect(await notes()).not.toContain('never');
    await cutOff;
  });

  describe('in its own process', () => {
    it('lets everybody act as who it logged in as, never as the administrator', async () => {
      for (const login of [
        'colloquy_owner',
        'colloquy_authenticator',
        'colloquy_worker',
        'colloquy_owner',
      ] as const) {
        const { rows } = await database
          .pool(login)
          .query(`select session_user as s, current_user as c, current_setting('is_superuser') as mighty`);
        expect(rows).toEqual([{ s: login, c: login, mighty: 'off' }]);
      }
      await expect(
        database.pool('colloquy_worker').query('create table public.mine ()'),
      ).rejects.toMatchObject({ code: '42501' });
      await expect(database.pool('colloquy_worker').query('set role postgres')).rejects.toMatchObject({
        code: '42501',
      });
    });

    it('keeps the second one waiting until the transaction of the first is over', async () => {
      const first = await database.pool('colloquy_owner').connect();
      let second: pg.PoolClient | undefined;
      await first.query('begin');
      const waiting = database
        .pool('colloquy_worker')
        .connect()
        .then((client) => {
          second = client;
        });
      const third = database.pool('colloquy_authenticator').query('select session_user as s');
      for (let n = 0; n < 20; n += 1)
        await first.query('insert into public.notes (text) values ($1)', [`first ${n}`]);
      expect(second).toBeUndefined();
      await first.query('commit');
      first.release();
      await waiting;
      expect(
        (await second!.query('select session_user as s, count(*)::int as n from public.notes group by 1'))
          .rows,
      ).toEqual([{ s: 'colloquy_worker', n: 20 }]);
      second!.release();
      expect((await third).rows).toEqual([{ s: 'colloquy_authenticator' }]);
    });

    it('never mixes transactions, roles or claims of many at once', async () => {
      const logins = ['colloquy_owner', 'colloquy_authenticator', 'colloquy_worker'] as const;
      await Promise.all(
        Array.from({ length: 30 }, async (_, index) => {
          const login = logins[index % 3]!;
          const client = await database.pool(login).connect();
          try {
            await client.query('begin');
            await client.query(`select set_config('colloquy.user_id', $1, true)`, [`user ${index}`]);
            const seen = new Set<string>();
            for (let n = 0; n < 5; n += 1) {
              const { rows } = await client.query(
                `select pg_current_xact_id()::text as x, session_user as s, current_setting('colloquy.user_id', true) as u`,
              );
              seen.add(JSON.stringify(rows[0]));
            }
            expect(seen.size).toBe(1);
            expect(JSON.parse([...seen][0]!)).toMatchObject({ s: login, u: `user ${index}` });
            await client.query(index % 2 === 0 ? 'commit' : 'rollback');
          } finally {
            client.release();
          }
          const { rows } = await database
            .pool(login)
            .query(`select coalesce(current_setting('colloquy.user_id', true), '') as u`);
          expect(rows).toEqual([{ u: '' }]);
        }),
      );
    });

    it('rolls back what is left open, after an error and without one', async () => {
      const before = await notes();
      for (const fails of [true, false]) {
        const client = await database.pool('colloquy_owner').connect();
        await client.query('begin');
        await client.query(`insert into public.notes (text) values ('never')`);
        if (fails) await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
        client.release();
        // a second time, as a caller that is not sure does: nothing more
        client.release();
        expect((await database.pool('colloquy_worker').query('select 1 as one')).rows).toEqual([{ one: 1 }]);
        expect(await notes()).toEqual(before);
      }
    });

    it('survives errors outside of transactions', async () => {
      await expect(database.pool('colloquy_owner').query('selec')).rejects.toMatchObject({ code: '42601' });
      await expect(database.pool('colloquy_owner').query('select $1::int', ['x'])).rejects.toMatchObject({
        code: '22P02',
      });
      expect((await database.pool('colloquy_owner').query('select $1::int as n', [7])).rows).toEqual([
        { n: 7 },
      ]);
    });
  });

  describe('over its socket', () => {
    it('knows who logs in, and refuses strangers', async () => {
      for (const login of ['postgres', 'colloquy_owner', 'colloquy_worker'] as const) {
        await withClient(login, async (client) => {
          expect((await client.query('select session_user as s, current_user as c')).rows).toEqual([
            { s: login, c: login },
          ]);
        });
      }
      const url = database.url('colloquy_owner').replace('colloquy_owner', 'somebody');
      const stranger = new pg.Client({ connectionString: url });
      await expect(stranger.connect()).rejects.toMatchObject({ code: '28000' });
      const visitor = new pg.Client({ connectionString: url.replace('somebody', 'colloquy_visitor') });
      await expect(visitor.connect()).rejects.toMatchObject({ code: '28000' });
    });

    it('does not mix up prepared statements of the same name', async () => {
      await withClient('colloquy_owner', (one) =>
        withClient('colloquy_worker', async (two) => {
          for (let run = 0; run < 5; run += 1) {
            const [a, b] = await Promise.all([
              one.query({ name: 'same', text: 'select $1::int + 1 as n, session_user as s', values: [run] }),
              two.query({
                name: 'same',
                text: 'select $1::text as t, session_user as s',
                values: [`run ${run}`],
              }),
            ]);
            expect(a.rows).toEqual([{ n: run + 1, s: 'colloquy_owner' }]);
            expect(b.rows).toEqual([{ t: `run ${run}`, s: 'colloquy_worker' }]);
            const { rows } = await database
              .pool('colloquy_owner')
              .query({ name: 'same', text: 'select 3 as three' });
            expect(rows).toEqual([{ three: 3 }]);
          }
        }),
      );
    });

    it('keeps a transaction to itself, also one that its client leaves without a word', async () => {
      const before = await notes();
      const client = new pg.Client({ connectionString: database.url('colloquy_owner') });
      client.on('error', () => {});
      await client.connect();
      await client.query('begin');
      await client.query(`insert into public.notes (text) values ('over the socket')`);
      let answered = false;
      const other = database
        .pool('colloquy_worker')
        .query(`insert into public.notes (text) values ('inside')`)
        .then(() => {
          answered = true;
        });
      expect((await client.query('select count(*)::int as n from public.notes')).rows).toEqual([
        { n: before.length + 1 },
      ]);
      expect(answered).toBe(false);
      (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      await other;
      expect(await notes()).toEqual([...before, 'inside']);
    });

    it('keeps settings to the one who made them', async () => {
      const settings = async () =>
        (
          await database
            .pool('colloquy_authenticator')
            .query(`select current_user as c, current_setting('search_path') as p`)
        ).rows;
      const before = await settings();
      await withClient('colloquy_authenticator', async (client) => {
        await client.query('set role colloquy_visitor');
        await client.query(`set search_path = nowhere`);
        expect(await settings()).toEqual(before);
        expect(before).toMatchObject([{ c: 'colloquy_authenticator' }]);
        await withClient('colloquy_authenticator', async (another) => {
          expect((await another.query('select current_user as c')).rows).toEqual([
            { c: 'colloquy_authenticator' },
          ]);
        });
      });
    });

    it('goes on after errors, and takes many statements and large values', async () => {
      await withClient('colloquy_owner', async (client) => {
        await expect(client.query('selec')).rejects.toMatchObject({ code: '42601' });
        await expect(client.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
        await client.query('begin');
        await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
        await expect(client.query('select 1')).rejects.toMatchObject({ code: '25P02' });
        await client.query('rollback');
        const results = (await client.query('select 1 as a; select 2 as b')) as unknown as pg.QueryResult[];
        expect(results.map((result) => result.rows)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
        const large = 'ä🐈'.repeat(500_000);
        expect((await client.query('select length($1::text) as n, $1::text as t', [large])).rows).toEqual([
          { n: 1_000_000, t: large },
        ]);
      });
    });

    it('serves many clients in turn', async () => {
      const done = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          withClient(index % 2 === 0 ? 'colloquy_owner' : 'colloquy_worker', async (client) => {
            for (let n = 0; n < 10; n += 1) {
              await client.query('begin');
              const first = (await client.query('select pg_current_xact_id()::text as x')).rows[0].x;
              const second = (await client.query('select pg_current_xact_id()::text as x')).rows[0].x;
              await client.query('commit');
              if (first !== second) return false;
            }
            return true;
          }),
        ),
      );
      expect(done.every(Boolean)).toBe(true);
    });

    it('lets a pool of pg work, as the commands use it', async () => {
      const pool = new pg.Pool({ connectionString: database.url('colloquy_owner'), max: 4 });
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, n) => pool.query('select $1::int as n', [n])),
      );
      expect(results.map((result) => result.rows[0].n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
      await pool.end();
      await until(async () => (await database.pool('colloquy_owner').query('select 1')).rowCount === 1);
    });
  });
});
