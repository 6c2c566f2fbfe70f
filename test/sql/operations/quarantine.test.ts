import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { run } from '../../../tools/postgres/run.ts';
import { testBinaries } from '../../support/binaries.ts';
import { LONG, sized } from '../../support/limits.ts';
import { openOwnServer } from '../../support/own-server.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { createTenants, type Tenants } from '../../support/tenants.ts';
import { asRole, asUser, asVisitor, until } from '../../support/users.ts';
import { asAdministrator } from '../../support/versions.ts';

const binaries = await testBinaries().catch(() => undefined);

describeReal('quarantine', () => {
  let url: string;
  let original: string;
  let database: Database;
  let admin: pg.Client;
  let tenants: Tenants;
  const copies: Database[] = [];
  const names: string[] = [];
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    ({ url, name: original } = await createTestDatabase());
    database = serverDatabase(url);
    tenants = await createTenants(database);
    // as an installation has it: templates of tests compare no oid and no name
    await database.pool('owner').query('select app_hidden.adopt_database()');
    admin = new pg.Client({ connectionString: urlOf('postgres') });
    admin.on('error', () => {});
    await admin.connect();
  });
  afterAll(async () => {
    await Promise.all([...copies, database].map((one) => one?.close()));
    for (const one of names) await admin.query(`drop database if exists ${one} with (force)`);
    await admin?.end();
    for (const close of closers) await close();
  });

  const urlOf = (of: string): string => {
    const changed = new URL(url);
    changed.pathname = `/${of}`;
    return changed.href;
  };
  const opened = (name: string): Database => {
    const copy = serverDatabase(urlOf(name));
    copies.push(copy);
    return copy;
  };
  const name = (): string => {
    const made = `${original.slice(0, 40)}_copy_${randomBytes(4).toString('hex')}`;
    names.push(made);
    return made;
  };
  /** createdb -T of the database. */
  const clone = async (): Promise<Database> => {
    const copy = name();
    // a template may have no sessions: the pools come back by themselves
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()`,
      [original],
    );
    await admin.query(`create database ${copy} template ${original} strategy file_copy`);
    return opened(copy);
  };
  const reason = async (of: Database, environment: string | null = null): Promise<string | null> =>
    (await of.pool('worker').query('select app_hidden.quarantine($1) as reason', [environment])).rows[0]
      .reason;
  const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'allowed',
      (error) => error.code,
    );
  const mail = (of: Database) =>
    of
      .pool('owner')
      .query(
        `insert into app_private.mail_outbox (kind, recipient, subject, body) values ('notice', 'ann@example.org', 'hello', 'hello')`,
      );
  const taken = async (of: Database, environment: string | null = null): Promise<number> =>
    (await of.pool('worker').query('select id from app_hidden.take_mail(1, $1)', [environment])).rowCount!;

  it('is nothing of a database that was adopted, whoever looks at it', async () => {
    expect(await reason(database)).toBeNull();
    for (const role of ['authenticator', 'monitor'] as const)
      expect((await database.pool(role).query('select app_hidden.quarantine() as q')).rows[0].q).toBeNull();
    await mail(database);
    expect(await taken(database)).toBe(1);
  });

  it('holds for a database that was made of it as a template, until it is adopted', async () => {
    const { ann } = tenants;
    await mail(database);
    const copy = await clone();
    expect(await reason(copy)).toMatch(/^It is another database of the same server/);
    const worker = copy.pool('worker');
    // what is sent
    expect(await taken(copy)).toBe(0);
    // what is asked
    const { rows } = await worker.query(`select reason, kind from app_hidden.provider_pause('any')`);
    expect(rows).toEqual([{ reason: expect.stringContaining('(CQ635)'), kind: 'asked' }]);
    // what is spent
    const spent = await copy
      .pool('owner')
      .query('select refusal, reservation_id from app_private.reserve_paid($1, $2, 10, 0.1)', [
        ann.workspaceId,
        ann.id,
      ]);
    expect(spent.rows).toEqual([{ refusal: 'CQ635', reservation_id: null }]);
    // what is removed
    const path = `${ann.workspaceId}/sha256/${'0'.repeat(64)}`;
    expect(await codeOf(worker.query('select app_hidden.release_content($1)', [path]))).toBe('CQ635');
    // it reads and writes meanwhile
    await asUser(copy, ann, (client) =>
      client.query(`select app_public.create_document('on the copy', 'content')`),
    );

    await copy.pool('owner').query('select app_hidden.adopt_database()');
    expect(await reason(copy)).toBeNull();
    expect(await taken(copy)).toBe(1);
    expect((await worker.query(`select * from app_hidden.provider_pause('any')`)).rows).toEqual([]);
    expect((await worker.query('select app_hidden.release_content($1) as free', [path])).rows).toEqual([
      { free: true },
    ]);
    // its original is what it was
    expect(await reason(database)).toBeNull();
    expect(await taken(database)).toBe(1);
  });

  it.skipIf(!binaries)(
    'holds for a dump that was restored, here and in another cluster',
    async () => {
      const copy = name();
      const file = join(tmpdir(), `colloquy-${copy}.dump`);
      try {
        // without indexes and triggers, which take the most time and decide nothing here
        const parts = ['--section=pre-data', '--section=data'];
        const dumped = await run(join(binaries!.bin, 'pg_dump'), ['-Fc', '-f', file, ...parts, url]);
        expect(dumped.stderr).toBe('');
        await admin.query(`create database ${copy}`);
        await run(join(binaries!.bin, 'pg_restore'), ['-1', '-d', urlOf(copy), file]);
      } finally {
        rmSync(file, { force: true });
      }
      const restored = opened(copy);
      await restored
        .pool('admin')
        .query(`grant connect on database ${copy} to colloquy_worker, colloquy_owner`);
      expect(await reason(restored)).toMatch(/^It is another database of the same server/);
      // a dump in another cluster, which the first comparison finds
      await restored
        .pool('admin')
        .query('update app_private.database_identity set system_identifier = system_identifier + 1');
      expect(await reason(restored)).toMatch(/^It runs on another server/);
    },
    LONG,
  );

  it('holds after a rename, and for a database that has no identity', async () => {
    const copy = await clone();
    const [owner, old] = [copy.pool('owner'), new URL(copy.url('admin')).pathname.slice(1)];
    await owner.query('select app_hidden.adopt_database()');
    await copy.close();
    const renamed = name();
    await admin.query(`alter database ${old} rename to ${renamed}`);
    const after = opened(renamed);
    expect(await reason(after)).toBe(`It was adopted under the name ${old}.`);
    await after.pool('owner').query('delete from app_private.database_identity');
    expect(await reason(after)).toBe('It was never adopted.');
    // as migrate does with a database of before there were identities
    const adopt = async () =>
      (await after.pool('owner').query('select app_private.adopt_first() as a')).rows[0].a;
    expect([await adopt(), await adopt(), await reason(after)]).toEqual([true, false, null]);
    // a server that keeps its cluster to itself: what it does not tell is not compared
    await after.pool('admin').query('revoke execute on function pg_control_system() from public');
    expect(await reason(after)).toBeNull();
    await after.pool('owner').query('update app_private.database_identity set database_oid = 1');
    expect(await reason(after)).toMatch(/^It is another database/);
  });

  it('holds for processes of another environment, and lets those of its own work', async () => {
    const copy = await clone();
    const owner = copy.pool('owner');
    await owner.query('select app_hidden.adopt_database()');
    // a first name is no other place: mail that waits is its own
    await mail(copy);
    await owner.query(`select app_hidden.adopt_database('production')`);
    expect(await reason(copy, 'production')).toBeNull();
    expect(await taken(copy, 'production')).toBe(1);
    expect(await reason(copy, 'staging')).toBe(
      'It was adopted for the environment production, and this process declares staging.',
    );
    expect(await reason(copy)).toMatch(/this process declares none\.$/);
    expect([await taken(copy, 'staging'), await taken(copy)]).toEqual([0, 0]);
    await mail(copy);
    const adopt = (more = '') => owner.query(`select * from app_hidden.adopt_database('staging'${more})`);
    // mail of production is not sent by staging without a word
    expect(await codeOf(adopt())).toBe('CQ636');
    expect(await codeOf(adopt(`, waiting_mail => 'burn'`))).toBe('CQ200');
    expect((await adopt(`, waiting_mail => 'discard'`)).rows).toEqual([
      {
        was: null,
        environment_before: 'production',
        environment: 'staging',
        discarded_mails: expect.stringMatching(/^[1-9]/),
      },
    ]);
    expect([await reason(copy, 'staging'), await taken(copy, 'staging')]).toEqual([null, 0]);
    expect(await reason(copy, 'production')).toMatch(/declares production\.$/);
    const { rows } = await owner.query(
      `select action, old_values, new_values from app_public.audit_logs where action = 'database.adopted' order by id desc limit 1`,
    );
    expect(rows[0]).toMatchObject({
      old_values: { environment: 'production' },
      new_values: {
        environment: 'staging',
        as: 'command',
        discarded_mails: expect.any(Number),
        login: 'postgres',
      },
    });
    await owner.query(`select app_hidden.adopt_database('')`);
    expect(await reason(copy)).toBeNull();
  });

  it('is ended and seen by nobody who asks through the API, and not by the worker that it holds', async () => {
    const { ann, bob } = tenants;
    const calls = [
      'select app_hidden.adopt_database()',
      'select app_hidden.quarantine()',
      'select * from app_hidden.adoption_state()',
      'select * from app_private.database_identity',
      'select * from app_hidden.worker_orders()',
    ];
    for (const sql of calls) {
      const refused = await Promise.all([
        codeOf(asVisitor(database, (client) => client.query(sql))),
        ...[ann, bob].map((user) => codeOf(asUser(database, user, (client) => client.query(sql)))),
        codeOf(asAdministrator(database, ann, (client) => client.query(sql))),
        codeOf(asRole(database, 'colloquy_admin', { userId: ann.id }, (client) => client.query(sql))),
      ]);
      expect(refused, sql).toEqual(refused.map(() => '42501'));
    }
    for (const role of ['worker', 'authenticator', 'monitor'] as const)
      expect(await codeOf(database.pool(role).query(calls[0]!)), role).toBe('42501');
    // but it stands in the log of the installation, for its administrators
    await database.pool('owner').query(`update app_public.users set role = 'admin' where id = $1`, [ann.id]);
    const { rows } = await asAdministrator(database, ann, (client) =>
      client.query(`select 1 from app_public.installation_audit_logs() where action = 'database.adopted'`),
    );
    expect(rows).toHaveLength(1);
  });

  /** A database of a server that began a timeline since it was adopted: in short runs only said to be so. */
  async function onANewTimeline(): Promise<{ restored: Database; timelines: [now: number, before: number] }> {
    const adopt = `select app_hidden.adopt_database('production', waiting_mail => 'keep')`;
    if (sized(0, 1) === 0 || !binaries) {
      const restored = await clone();
      await restored.pool('owner').query(adopt);
      await restored.pool('owner').query('update app_private.database_identity set timeline = 0');
      return { restored, timelines: [1, 0] };
    }
    const server = await openOwnServer(binaries);
    closers.push(() => server.stop());
    const restored = serverDatabase(server.url);
    copies.push(restored);
    await restored.pool('owner').query(adopt);
    const { rows } = await restored.pool('admin').query(`select current_setting('data_directory') as folder`);
    await restored.pool('admin').query(`alter system set restore_command = 'false'`);
    writeFileSync(join(rows[0].folder, 'recovery.signal'), '');
    await server.restart('fast');
    const state = () => restored.pool('admin').query('select pg_is_in_recovery() as recovers');
    await until(() =>
      state().then(
        ({ rows }) => !rows[0].recovers,
        () => false,
      ),
    );
    return { restored, timelines: [2, 1] };
  }

  it('holds after a restore of the whole server, and ends by itself only where that is asked for', {
    timeout: LONG,
  }, async () => {
    const {
      restored,
      timelines: [now, before],
    } = await onANewTimeline();
    const orders = async (environment: string) =>
      (
        await restored
          .pool('worker')
          .query('select quarantine from app_hidden.worker_orders($1)', [environment])
      ).rows[0].quarantine;
    const why = `Its server was restored or promoted since it was adopted: it writes timeline ${now}, and wrote ${before}.`;
    await mail(restored);
    expect([await orders('production'), await taken(restored, 'production')]).toEqual([why, 0]);
    const owner = restored.pool('owner');
    await owner.query(`update app_private.settings set value = 'on' where name = 'adopt_on_promotion'`);
    // neither a copy elsewhere nor a process that declares nothing
    expect([await orders('staging'), await orders('')]).toEqual([why, why]);
    expect([await orders('production'), await taken(restored, 'production')]).toEqual([null, 1]);
    const identity = await owner.query(
      'select timeline, adopted_as, environment from app_private.database_identity',
    );
    expect(identity.rows).toEqual([{ timeline: now, adopted_as: 'promotion', environment: 'production' }]);
    // a dump never does
    await owner.query('update app_private.database_identity set database_oid = 1');
    expect(await orders('production')).toMatch(/^It is another database/);
  });
});
