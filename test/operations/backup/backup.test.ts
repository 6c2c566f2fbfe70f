import { execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import type pg from 'pg';
import type { Job } from 'pg-boss';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backup as scheduled } from '../../../jobs/backup.ts';
import type { JobContext } from '../../../jobs/job.ts';
import { runJob } from '../../../jobs/worker/run-job.ts';
import { type Database, loginUrl, serverDatabase } from '../../../lib/database.ts';
import { env } from '../../../lib/env.ts';
import { log } from '../../../lib/log.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { localStorage } from '../../../lib/storage.ts';
import { planArchiving, proveArchiving } from '../../../operations/backup/archiving.ts';
import { readCatalogue } from '../../../operations/backup/catalogue.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { withLocks } from '../../../operations/backup/locks.ts';
import { pruneBackups } from '../../../operations/backup/prune.ts';
import { RECEIVER } from '../../../operations/backup/receive.ts';
import { s3Target } from '../../../operations/backup/s3-target.ts';
import { dueKind, readPlan } from '../../../operations/backup/schedule.ts';
import type { BackupKeys } from '../../../operations/backup/sealing.ts';
import { shipWal } from '../../../operations/backup/ship-wal.ts';
import { type BackupContext, takeBackup } from '../../../operations/backup/take.ts';
import type { BackupTarget } from '../../../operations/backup/target.ts';
import { verifyBackups } from '../../../operations/backup/verify.ts';
import { serverUser } from '../../../tools/postgres/places.ts';
import { LONG, sized } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { startS3Server } from '../../support/s3-server.ts';
import { describeWithBinaries, one, withClient } from '../../tools/postgres/support.ts';
import { type Ended, filesBelow, ops, startOps, storeFile } from './support.ts';

const NO_KEYS: BackupKeys = { recipients: [], identities: [] };
const SECRET = 'a-word-that-is-nowhere-else';

const guide = (): string => readFileSync(join(projectFolder, 'docs/operations/backup.md'), 'utf8');

/** The commands that a runbook of the guide names, in their order. */
function runbook(title: string): string[] {
  const section = guide()
    .split(/^##+ /m)
    .find((one) => one.startsWith(title))!;
  return [...section.matchAll(/`npm run ops -- ([^`]+)`/g)].map(([, command]) => command!);
}

await describeWithBinaries('physical backups', (binaries) => {
  let server: OwnServer;
  let folder: string;
  let database: Database;
  /** Only the login of backups: it needs no other. */
  let variables: Record<string, string>;
  const at = (...names: string[]) => join(folder, ...names);
  const archive = () => at('archive');

  const context = (target: BackupTarget = folderTarget(at('target')), keys = NO_KEYS): BackupContext => ({
    database,
    target,
    keys,
    storage: localStorage(at('data', 'files')),
    staging: at('staging'),
  });
  const backup = (args: string[], more: Record<string, string> = {}): Promise<Ended> =>
    ops(['backup', ...args], { ...variables, ...more });
  const idsOf = async (target: BackupTarget) => (await readCatalogue(target)).sets.map(({ id }) => id);
  const pool = () => database.pool('backup');
  const admin = (sql: string) => one(server.url, sql);
  const systemIdentifier = () =>
    admin('select system_identifier::text from pg_control_system()') as Promise<string>;

  beforeAll(async () => {
    env.PG_BIN = binaries.bin;
    server = await openOwnServer(binaries, { max_wal_size: '200MB' });
    folder = await mkdtemp(join(tmpdir(), 'colloquy-backup-'));
    await chmod(folder, 0o755);
    await mkdir(archive(), { mode: 0o700 });
    const user = await serverUser();
    if (user) await chown(archive(), user.uid, user.gid);
    await admin(`alter role colloquy_backup password 'of-backups'`);
    const login = loginUrl(server.url, 'colloquy_backup', 'of-backups');
    database = serverDatabase(login, { backup: login });
    variables = {
      BACKUP_DATABASE_URL: login,
      PG_BIN: binaries.bin,
      DATA_DIR: at('data'),
      BACKUP_TARGET: at('target'),
    };
    await storeFile(server.url, at('data'), `the first file, with ${SECRET}`);
  }, LONG);
  afterAll(async () => {
    await database?.close();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    'begin with an archive that is set up by one command, and proved',
    async () => {
      const init = (...args: string[]) => backup(['init', ...args], { DATABASE_URL: server.url });
      const dry = await init('--archive-dir', archive(), '--dry-run');
      expect([dry.code, dry.stdout]).toEqual([
        0,
        expect.stringMatching(/archive_mode = on .*needs a restart[\s\S]*Nothing was written/),
      ]);
      const written = await init('--archive-dir', archive(), '--timeout', '50');
      expect([written.code, written.stdout]).toEqual([
        1,
        expect.stringContaining('Restart the server for archive_mode'),
      ]);
      expect(await admin('show archive_timeout')).toBe('50s');
      await server.restart('fast');
      const proved = await init('--timeout', '50');
      expect([proved.code, proved.stderr, proved.stdout]).toEqual([
        0,
        expect.anything(),
        expect.stringMatching(
          /[0-9A-F]{24} was archived to .*it is the same.\nwal\/[0-9A-F]{24}\.zst was shipped .*it is the same/,
        ),
      ]);
      expect(await filesBelow(archive())).toEqual([]);
      // a login that is no superuser's sets nothing up
      await expect(planArchiving(pool(), { folder: archive(), timeout: 60 })).rejects.toMatchObject({
        code: 'CQ608',
      });
    },
    LONG,
  );

  it('say when the archiver fails, or another program archives', async () => {
    await withClient(server.url, async (client) => {
      const asked = { query: client.query.bind(client) as pg.Pool['query'] };
      await expect(
        planArchiving(asked, {
          folder: (await admin(`select current_setting('data_directory') || '/x'`)) as string,
          timeout: 60,
        }),
      ).rejects.toMatchObject({ code: 'CQ613' });
      await rm(archive(), { recursive: true });
      await expect(proveArchiving(asked, archive(), { patience: 30_000 })).rejects.toMatchObject({
        code: 'CQ613',
        message: expect.stringContaining('could not archive'),
      });
      await mkdir(archive(), { mode: 0o700 });
      const user = await serverUser();
      if (user) await chown(archive(), user.uid, user.gid);
      // it tries again by itself, and then goes on
      await expect.poll(() => readdir(archive())).not.toEqual([]);
      const other = {
        query: async (sql: string, values: unknown[]) => {
          const result = await client.query(sql, values);
          return { rows: [{ ...result.rows[0], archive_command: 'pgbackrest archive-push %p' }] };
        },
      } as unknown as Pick<pg.Pool, 'query'>;
      await expect(planArchiving(other, { folder: archive(), timeout: 60 })).rejects.toMatchObject({
        code: 'CQ613',
        message: expect.stringContaining('pgbackrest'),
      });
    });
  });

  it(
    'are taken full and incremental with the bytes of files, by a role that writes nothing and reads all',
    async () => {
      const full = await backup(['full', '--json']);
      expect([full.code, full.stderr]).toEqual([0, expect.stringContaining('Full backup')]);
      const set = JSON.parse(full.stdout);
      expect(set).toMatchObject({
        kind: 'full',
        parent: null,
        timeline: 1,
        files: { count: 1 },
        verifiedAt: null,
        encryption: null,
      });
      const incremental = await backup(['incremental', '--json']);
      expect([incremental.code, incremental.stderr]).toEqual([
        0,
        expect.stringContaining('Incremental backup'),
      ]);
      const taken = JSON.parse(incremental.stdout);
      const parts = ['backup_manifest', 'base.tar.zst', 'files.ndjson.zst', 'pg_wal.tar.zst', 'set.json'];
      const below = await filesBelow(at('target'));
      expect(below.filter((name) => name.startsWith('sets'))).toEqual(
        [set.id, taken.id].sort().flatMap((id) => parts.map((name) => `sets/${id}/${name}`)),
      );
      expect(below.filter((name) => name.startsWith('incoming'))).toEqual([]);
      expect(taken.parent).toBe(set.id);
      expect(taken.parts.find((part: { name: string }) => part.name === 'base.tar.zst').size).toBeLessThan(
        set.parts.find((part: { name: string }) => part.name === 'base.tar.zst').size / 4,
      );
      expect(
        await admin(
          `select array_agg(details ->> 'kind' || ' ' || outcome order by started_at) from app_hidden.maintenance_runs where task = 'backup'`,
        ),
      ).toEqual(['full succeeded', 'incremental succeeded']);

      const asBackup = (sql: string) => pool().query(sql);
      expect((await asBackup('select count(*)::int as n from app_public.files')).rows).toEqual([{ n: 1 }]);
      expect(
        (await asBackup('select count(*)::int as n from app_private.settings')).rows[0].n,
      ).toBeGreaterThan(10);
      for (const sql of [
        `update app_public.workspaces set name = 'x'`,
        'delete from app_public.files',
        `insert into app_hidden.maintenance_runs (task, outcome, started_at, finished_at) values ('x', 'failed', now(), now())`,
        'create table public.x ()',
        'create schema x',
      ])
        await expect(asBackup(sql), sql).rejects.toMatchObject({ code: '42501' });
    },
    LONG,
  );

  it(
    'go on with the log, which is shipped once, and belongs to this cluster',
    async () => {
      const target = folderTarget(at('target'));
      const options = {
        folder: archive(),
        target,
        keys: NO_KEYS,
        systemIdentifier: await systemIdentifier(),
      };
      await withClient(server.url, (client) =>
        proveArchiving({ query: client.query.bind(client) as pg.Pool['query'] }, archive()),
      );
      const [segment] = (await readdir(archive())).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort();
      await copyFile(at('archive', segment!), at('segment'));
      const shipped = await backup(['wal', '--json']);
      expect([shipped.code, JSON.parse(shipped.stdout).shipped]).toEqual([
        0,
        expect.arrayContaining([segment]),
      ]);
      expect(await readdir(archive())).toEqual([]);
      // killed between the target and the removal: the file is there again, and goes
      await copyFile(at('segment'), at('archive', segment!));
      expect((await shipWal(options)).shipped).toEqual([segment]);
      expect(await readdir(archive())).toEqual([]);
      // kept where it is, and left alone by the next run
      await copyFile(at('segment'), at('archive', segment!));
      expect((await backup(['wal', '--keep'])).code).toBe(0);
      expect(await readdir(archive())).toEqual([segment]);
      const bytes = await readFile(at('segment'));
      for (const [change, why] of [
        [() => bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000), 'is another file than'],
        [() => bytes.writeBigUInt64LE(42n, 24), 'is of another cluster'],
        [() => bytes.writeBigUInt64LE(0n, 8), 'is of another cluster'],
      ] as const) {
        change();
        await writeFile(at('archive', segment!), bytes);
        await expect(shipWal(options)).rejects.toMatchObject({
          code: 'CQ614',
          message: expect.stringContaining(why),
        });
      }
      await unlink(at('archive', segment!));
    },
    LONG,
  );

  it(
    'are verified to the last byte: of parts, chains, files and the log',
    async () => {
      const target = folderTarget(at('target'));
      const whole = await backup(['verify', '--json']);
      expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([0, { findings: [], verified: 2 }]);
      const { sets } = await readCatalogue(target);
      expect(sets.map(({ verifiedAt }) => verifiedAt)).toEqual([expect.any(String), expect.any(String)]);
      const [full, incremental] = sets.map(({ id }) => id) as [string, string];
      const findings = async () => (await verifyBackups(context())).findings;

      const flip = async (key: string): Promise<() => Promise<void>> => {
        const path = at('target', key);
        const bytes = await readFile(path);
        const changed = Buffer.from(bytes);
        const place = Math.floor(changed.length / 2);
        changed[place]! ^= 1;
        await writeFile(path, changed);
        return () => writeFile(path, bytes);
      };
      const hide = async (key: string): Promise<() => Promise<void>> => {
        const path = at('target', key);
        const bytes = await readFile(path);
        await unlink(path);
        return () => writeFile(path, bytes);
      };
      const [file] = (await filesBelow(at('target'))).filter((name) => name.startsWith('files/'));
      await withClient(server.url, (client) =>
        proveArchiving({ query: client.query.bind(client) as pg.Pool['query'] }, archive()),
      );
      await backup(['wal']);
      const segments = (await readdir(at('target', 'wal')))
        .filter((name) => /^[0-9A-F]{24}\.zst$/.test(name))
        .sort();
      for (const [harm, found] of [
        [() => flip(`sets/${full}/base.tar.zst`), /base\.tar\.zst is damaged/],
        [() => flip(`sets/${incremental}/backup_manifest`), /backup_manifest is damaged/],
        [() => hide(`sets/${full}/pg_wal.tar.zst`), /pg_wal\.tar\.zst is missing/],
        [() => flip(file!), /bytes of files are missing or damaged/],
        [() => hide(file!), /bytes of files are missing or damaged/],
        [
          () => hide(`wal/${segments.at(-2)}`),
          new RegExp(`gap after .*${segments.at(-2)!.slice(0, 24)} is missing`),
        ],
      ] as const) {
        const mend = await harm();
        expect(await findings()).toEqual(expect.arrayContaining([expect.stringMatching(found)]));
        await mend();
      }
      expect(await findings()).toEqual([]);
      const mend = await hide(`sets/${full}/set.json`);
      const broken = await backup(['verify']);
      expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('CQ609')]);
      // all that there are; and without the database, which would take it down
      const alone = await backup(['verify', '--all', '--without-database', '--json'], {
        BACKUP_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
      });
      expect([alone.code, JSON.parse(alone.stdout).findings]).toEqual([
        1,
        [expect.stringContaining(`builds on ${full}, which is missing`)],
      ]);
      await mend();
    },
    LONG,
  );

  it(
    'name the files whose bytes are missing, and keep those of rows that are deleted meanwhile',
    async () => {
      const path = await storeFile(server.url, at('data'), 'lost');
      await unlink(at('data', 'files', path));
      const damaged = await storeFile(server.url, at('data'), 'damaged');
      await writeFile(at('data', 'files', damaged), 'others');
      const full = await backup(['full', '--json']);
      expect([full.code, JSON.parse(full.stdout)]).toMatchObject([
        1,
        { files: { count: 1 }, findings: [expect.stringContaining(path)] },
      ]);
      expect(JSON.parse(full.stdout).findings[0]).toContain(damaged);
      expect((await verifyBackups(context())).findings).toEqual([]);

      const gone = await storeFile(server.url, at('data'), 'deleted while a backup is made');
      const found = () => admin('select count(*)::int from app_hidden.find_discarded_contents()');
      const release = () => admin(`select app_hidden.release_content('${gone}')`);
      await withLocks(pool(), folderTarget(at('other')), ['contents'], async () => {
        await admin(
          `delete from app_public.files where storage_path in ('${gone}', '${path}', '${damaged}')`,
        );
        expect([await found(), await release()]).toEqual([0, false]);
      });
      expect([await found(), await release(), await found()]).toEqual([3, true, 2]);
      // a row that the backup may still have: its bytes are there, and come along
      await admin(
        `insert into app_hidden.discarded_contents (workspace_id, storage_path) values (split_part('${gone}', '/', 1)::uuid, '${gone}')`,
      );
      const taken = await takeBackup(context(), 'incremental');
      expect([taken.set.files?.count, taken.findings]).toEqual([2, []]);
      expect(await folderTarget(at('target')).stat(`files/${gone}`)).toMatchObject({ size: 30 });
      // a database that was not migrated yet, as before an upgrade
      await admin('alter function app_hidden.stored_contents() rename to stored_contents_of_later');
      await expect(takeBackup(context(), 'full')).rejects.toMatchObject({ code: 'CQ018' });
      expect((await takeBackup({ ...context(), storage: null }, 'full')).set.files).toBeNull();
      await admin('alter function app_hidden.stored_contents_of_later() rename to stored_contents');
    },
    LONG,
  );

  it(
    'are unreadable without the private key, and made without it',
    async () => {
      const [identity, other] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
      const target = folderTarget(at('sealed'));
      const writer = { recipients: [await identityToRecipient(identity)], identities: [] };
      const full = await takeBackup(context(target, writer), 'full');
      const next = await takeBackup(context(target, writer), 'incremental');
      expect([next.set.parent, next.set.encryption]).toEqual([full.set.id, 'age']);
      const below = await filesBelow(at('sealed'));
      expect(below.filter((name) => !/\.age$|set\.json$/.test(name))).toEqual([]);
      for (const name of below) expect((await readFile(at('sealed', name))).includes(SECRET)).toBe(false);
      // nothing in the clear is left where it was made
      expect((await filesBelow(at('staging'))).map((name) => name.replace(/\d{8}T\d{6}Z-.*/, ''))).toEqual([
        'manifest-',
      ]);
      const verify = (identities: string[]) => verifyBackups(context(target, { ...writer, identities }));
      expect((await verify([])).findings).toEqual(
        [1, 2].map(() => expect.stringContaining('no private key')),
      );
      expect((await verify([other])).findings).toEqual(
        [1, 2].map(() => expect.stringContaining('None of the private keys')),
      );
      expect((await verify([identity])).findings).toEqual([]);

      // the runbook of a leaked key: a new one, and a new target, in which the old one opens nothing
      await writeFile(at('key-2.txt'), `${other}\n`);
      await writeFile(at('key.txt'), `${identity}\n`);
      const anew = { BACKUP_TARGET: at('sealed-2'), BACKUP_AGE_RECIPIENTS: await identityToRecipient(other) };
      const taken = await backup(['full'], anew);
      expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('encrypted')]);
      const open = (file: string) => backup(['verify'], { ...anew, BACKUP_AGE_IDENTITY_FILE: at(file) });
      const [right, leaked] = [await open('key-2.txt'), await open('key.txt')];
      expect([right.code, right.stdout]).toEqual([0, expect.stringContaining('Every byte of')]);
      expect([leaked.code, leaked.stdout]).toEqual([1, expect.stringContaining('None of the private keys')]);
      expect((await filesBelow(at('sealed-2'))).filter((name) => name.startsWith('files/'))).toHaveLength(
        full.set.files!.count,
      );
      const later = await backup(['incremental', '--json'], anew);
      expect([later.code, JSON.parse(later.stdout).parent]).toEqual([0, taken.stdout.split('\n')[0]]);
    },
    LONG,
  );

  it(
    'lie in a bucket as in a folder',
    async () => {
      const s3 = await startS3Server();
      try {
        const target = s3Target({ ...s3, prefix: 'chat/', region: 'us-east-1' });
        const full = await takeBackup(context(target), 'full');
        expect((await takeBackup(context(target), 'incremental')).set.parent).toBe(full.set.id);
        await withClient(server.url, (client) =>
          proveArchiving({ query: client.query.bind(client) as pg.Pool['query'] }, archive()),
        );
        await shipWal({
          folder: archive(),
          target,
          keys: NO_KEYS,
          systemIdentifier: await systemIdentifier(),
          keep: true,
        });
        expect((await verifyBackups(context(target))).findings).toEqual([]);
        expect((await readdir(at('staging'))).filter((name) => !name.startsWith('manifest-'))).toEqual([]);
        const pruned = await pruneBackups({ ...context(target), pool: pool() }, { keepFull: 1 });
        expect(pruned.details).toMatchObject({ sets: 0, keptSets: 2 });
      } finally {
        await s3.stop();
      }
    },
    LONG,
  );

  it(
    'are refused while another is made, into the target of another cluster, and where nothing can be built on',
    async () => {
      const target = folderTarget(at('target'));
      await withLocks(pool(), folderTarget(at('other')), ['backup'], async () => {
        await expect(takeBackup(context(), 'full')).rejects.toMatchObject({ code: 'CQ606' });
        await expect(takeBackup(context(folderTarget(at('other'))), 'full')).rejects.toMatchObject({
          code: 'CQ010',
        });
      });
      const empty = folderTarget(at('empty'));
      await expect(takeBackup(context(empty), 'incremental')).rejects.toMatchObject({ code: 'CQ607' });
      await admin('alter system set summarize_wal = off');
      await admin('select pg_reload_conf()');
      await expect.poll(() => admin('show summarize_wal')).toBe('off');
      await expect(takeBackup(context(), 'incremental')).rejects.toMatchObject({
        code: 'CQ607',
        hint: expect.stringContaining('backup full'),
      });
      const instead = await takeBackup(context(), 'incremental', { orFull: true });
      expect([instead.set.kind, instead.details]).toMatchObject([
        'full',
        { fullBecause: expect.stringContaining('unless WAL summarization is enabled') },
      ]);
      await admin('alter system set summarize_wal = on');
      await admin('select pg_reload_conf()');
      const key = `sets/${instead.set.id}/set.json`;
      const text = await readFile(at('target', key), 'utf8');
      await writeFile(at('target', key), text.replace(instead.set.systemIdentifier, '42'));
      await expect(takeBackup(context(), 'full')).rejects.toMatchObject({ code: 'CQ611' });
      await writeFile(at('target', key), text);
      expect(await idsOf(target)).toContain(instead.set.id);
    },
    LONG,
  );

  it(
    'leave nothing that the next run does not clean, when they are killed',
    async () => {
      const before = await idsOf(folderTarget(at('target')));
      for (let round = 0; round < sized(3, 20); round += 1) {
        const { child, ended } = startOps(['backup', 'full'], variables);
        // from before it connects until after it is done
        await Promise.race([delay(Math.random() * 2500), ended]);
        child.kill('SIGKILL');
        await ended;
      }
      const { child, ended } = startOps(['backup', 'full'], variables);
      await new Promise((resolve) => child.stderr!.once('data', resolve));
      child.kill('SIGTERM');
      expect([(await ended).code, await filesBelow(at('target', 'incoming'))]).toEqual([2, []]);
      expect((await takeBackup(context(), 'full')).findings).toEqual([]);
      expect(await admin(`select count(*)::int from pg_replication_slots`)).toBe(0);
      const { sets, unfinished } = await readCatalogue(folderTarget(at('target')));
      expect(unfinished).toEqual([]);
      expect(sets.length).toBeGreaterThan(before.length);
      expect(await filesBelow(at('target', 'incoming'))).toEqual([]);
      expect((await verifyBackups(context())).findings).toEqual([]);
    },
    LONG,
  );

  it.skipIf(process.getuid?.() !== 0)(
    'end with a full disk, and nothing half',
    async () => {
      const small = at('small');
      await mkdir(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]);
      try {
        const full = await backup(['full'], { BACKUP_TARGET: small });
        expect([full.code, full.stderr]).toEqual([2, expect.stringMatching(/no room left.*CQ601/)]);
        expect(await filesBelow(small)).toEqual([]);
        // room for the database, and none for the file
        await storeFile(server.url, at('data'), randomBytes(6 * 1024 * 1024).toString('base64'));
        execFileSync('mount', ['-o', 'remount,size=26m', small]);
        await expect(takeBackup(context(folderTarget(small)), 'full')).rejects.toMatchObject({
          code: 'CQ601',
        });
      } finally {
        execFileSync('umount', [small]);
        await admin(`delete from app_public.files where byte_size > 1000000`);
      }
    },
    LONG,
  );

  it(
    'go when a policy keeps them no more, with their log and bytes of files',
    async () => {
      const target = folderTarget(at('target'));
      const { sets: earlier } = await readCatalogue(target);
      // as cron does it by the guide
      const [, line] = /^0 2 \* \* 0 {2}postgres {2}(.*)$/m.exec(guide())!;
      await writeFile(
        at('backup.env'),
        Object.entries(variables)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      execFileSync('bash', [
        '-c',
        line!.replace('/srv/colloquy', projectFolder).replace('/etc/colloquy/backup.env', at('backup.env')),
      ]);
      const before = await readCatalogue(target);
      expect(before.sets).toHaveLength(earlier.length + 1);
      const newest = before.sets.at(-1)!;
      const prune = (...args: string[]) => backup(['prune', '--keep-full', '1', ...args]);
      const dry = await prune('--dry-run', '--json');
      expect([dry.code, JSON.parse(dry.stdout).sets]).toEqual([0, before.sets.length - 1]);
      expect(await idsOf(target)).toHaveLength(before.sets.length);
      expect((await backup(['prune'])).code).toBe(2);
      // each of them is of today
      const young = await backup(['prune', '--keep-days', '1', '--dry-run', '--json']);
      expect([young.code, JSON.parse(young.stdout).sets]).toEqual([0, 0]);
      // a set that was never finished, and one that is on its way
      await mkdir(at('target', 'sets', '20200101T000000Z-full-0000'), { recursive: true });
      await writeFile(at('target', 'sets', '20200101T000000Z-full-0000', 'base.tar.zst'), 'x');
      const pruned = await prune('--json');
      expect([pruned.code, JSON.parse(pruned.stdout)]).toMatchObject([
        0,
        { sets: before.sets.length - 1, unfinished: 1, keptSets: 1 },
      ]);
      expect(await readCatalogue(target)).toMatchObject({ sets: [{ id: newest.id }], unfinished: [] });
      expect(JSON.parse(pruned.stdout).removed.wal.length).toBeGreaterThan(0);
      // what a backup needs is there still
      expect((await verifyBackups(context())).findings).toEqual([]);
      expect(
        await admin(
          `select count(*)::int from app_hidden.maintenance_runs where task in ('backup-prune', 'backup-verify') and outcome = 'succeeded'`,
        ),
      ).toBeGreaterThan(1);
      const list = await ops(['backup', 'list'], { BACKUP_TARGET: at('target') });
      expect([list.code, list.stdout]).toEqual([0, expect.stringContaining(newest.id)]);
    },
    LONG,
  );

  it(
    'are taken by a worker when the settings say so, tried again an hour after a failure, and pruned',
    async () => {
      const target = folderTarget(at('scheduled'));
      const set = (settings: Record<string, string>) =>
        Promise.all(
          Object.entries(settings).map(([name, value]) =>
            admin(`update app_private.settings set value = '${value}' where name = 'backup_${name}'`),
          ),
        );
      const admins = serverDatabase(server.url);
      const backups = async () => ({ context: context(target), close: async () => {} });
      const runOf = async (more: Partial<JobContext> = { backups }) => {
        const given = { pool: admins.pool('worker'), log, signal: new AbortController().signal, ...more };
        const job = { id: randomUUID(), name: 'backup', data: {} } as unknown as Job<unknown>;
        return (await runJob(scheduled, job, given as unknown as JobContext)).output;
      };
      const hourPasses = () =>
        admin(
          `update app_hidden.maintenance_runs set started_at = started_at - interval '1 hour', finished_at = finished_at - interval '1 hour'
           where task = 'backup' and outcome = 'failed'`,
        );
      try {
        await hourPasses();
        // off, unless it is asked for
        expect(await runOf()).toEqual({ skipped: 'no schedule is set' });
        await set({ full_cron: 'every night' });
        expect(await runOf({})).toEqual({ skipped: 'this worker has no BACKUP_TARGET' });
        expect(await runOf()).toEqual({
          error: expect.stringMatching(/backup_full_cron is no schedule.*CQ696/),
        });
        await set({
          full_cron: '0 2 * * 0',
          incremental_cron: '0 * * * *',
          keep_full: '1',
          keep_days: 'off',
        });
        expect(await runOf()).toEqual({ skipped: 'the last one failed within the hour' });
        await hourPasses();
        // by the process that users start, at its start
        const worker = spawn(process.execPath, ['scripts/start.ts', '--worker-only'], {
          cwd: projectFolder,
          env: {
            PATH: process.env.PATH,
            NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
            ...variables,
            DATABASE_URL: server.url,
            BACKUP_TARGET: at('scheduled'),
          },
          stdio: 'ignore',
        });
        const ended = new Promise((resolve) => worker.once('close', resolve));
        await expect.poll(() => idsOf(target), { timeout: LONG }).toHaveLength(1);
        const newest = `select details from app_hidden.maintenance_runs where task = 'backup' and outcome = 'succeeded' order by started_at desc limit 1`;
        await expect
          .poll(() => admin(newest), { timeout: LONG })
          .toMatchObject({ kind: 'full', pruned: { sets: 0, keptSets: 1 } });
        worker.kill('SIGTERM');
        await ended;
        expect(await runOf()).toEqual({ skipped: 'nothing is due' });
        // an hour later, and a week later
        const age = async (by: number): Promise<void> => {
          for (const id of await idsOf(target)) {
            const path = at('scheduled', 'sets', id, 'set.json');
            const text = JSON.parse(await readFile(path, 'utf8'));
            await writeFile(
              path,
              JSON.stringify({ ...text, startedAt: new Date(Date.now() - by).toISOString() }),
            );
          }
        };
        await age(3_700_000);
        const plan = await readPlan(admins.pool('worker'));
        const { sets } = await readCatalogue(target);
        const sunday = new Date('2026-11-29T03:00:05Z');
        const of = (startedAt: string) => [{ ...sets[0]!, startedAt }];
        expect(dueKind(plan, of('2026-11-29T02:30:00.000Z'), sunday)).toBe('incremental');
        expect(dueKind(plan, of('2026-11-29T01:30:00.000Z'), sunday)).toBe('full');
        expect(
          dueKind({ ...plan, incremental: null }, of('2026-11-29T02:30:00.000Z'), sunday),
        ).toBeUndefined();
        await set({ full_cron: 'off' });
        expect(await runOf()).toMatchObject({
          kind: 'incremental',
          fullBecause: null,
          pruned: { keptSets: 2 },
        });
        // a full one where the summaries of the log do not reach back, which says so
        const { stopLsn } = (await readCatalogue(target)).sets.at(-1)!;
        await admin(`select pg_logical_emit_message(true, 'colloquy', 'something after it', true)`);
        await admin('checkpoint');
        await expect
          .poll(() =>
            admin(`select count(*)::int from pg_available_wal_summaries() where end_lsn > '${stopLsn}'`),
          )
          .toBeGreaterThan(0);
        const summaries = join(server.dataDir, 'pg_wal/summaries');
        for (const name of await readdir(summaries)) await unlink(join(summaries, name));
        await age(3_700_000);
        expect(await runOf()).toMatchObject({
          kind: 'full',
          fullBecause: expect.stringMatching(/WAL summaries are required/),
          pruned: { keptSets: 1 },
        });
        // nobody but the worker asks for it, and a copy leaves the target of its original alone
        await expect(pool().query('select from app_hidden.backup_plan()')).rejects.toMatchObject({
          code: '42501',
        });
        expect(scheduled.reachesOut).toBe(true);
      } finally {
        await set({ full_cron: 'off', incremental_cron: 'off', keep_full: '4', keep_days: '30' });
        await admins.close();
      }
    },
    LONG,
  );

  it.skipIf(process.getuid?.() !== 0)(
    'go on after the disk of the archive was full, as the runbook has it',
    async () => {
      await backup(['wal']);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=36m,mode=700', 'tmpfs', archive()]);
      try {
        const user = await serverUser();
        if (user) await chown(archive(), user.uid, user.gid);
        const failures = () => admin('select failed_count::int from pg_stat_archiver') as Promise<number>;
        const before = await failures();
        const ended: string[] = [];
        for (let each = 0; each < 4; each += 1) {
          await admin(`select pg_logical_emit_message(true, 'colloquy', 'a segment with something in it')`);
          ended.push((await admin('select pg_walfile_name(pg_switch_wal())')) as string);
        }
        await expect.poll(failures, { timeout: LONG }).toBeGreaterThan(before);
        const shipping = {
          folder: archive(),
          target: folderTarget(at('target')),
          keys: NO_KEYS,
          systemIdentifier: await systemIdentifier(),
        };
        const steps = runbook('The disk of the archive is full');
        expect(steps).toEqual(['backup wal', 'backup prune --keep-full 2 --dry-run', 'backup init']);
        for (const step of steps) {
          const done = await backup(step.split(' ').slice(1), { DATABASE_URL: server.url });
          expect([step, done.code, done.stderr]).toEqual([step, 0, expect.anything()]);
          // again, until nothing is waiting; that it has its configuration read anew wakes the archiver
          while (
            step === 'backup wal' &&
            !(await readdir(at('target', 'wal'))).includes(`${ended.at(-1)}.zst`)
          ) {
            await admin('select pg_reload_conf()');
            await shipWal(shipping);
          }
        }
        // all of it, what waited in pg_wal too
        const shipped = await readdir(at('target', 'wal'));
        expect(ended.filter((name) => !shipped.includes(`${name}.zst`))).toEqual([]);
        // what the archiver had begun, and left, is removed: but the last, which may be on its way
        expect((await filesBelow(archive())).length).toBeLessThan(2);
        expect((await verifyBackups(context())).findings).toEqual([]);
      } finally {
        execFileSync('umount', [archive()]);
      }
    },
    LONG,
  );

  it(
    'have the log as it is written, by a receiver for which commits can wait',
    async () => {
      const received = at('received');
      const { child, ended } = startOps(
        ['backup', 'receive', '--folder', received, '--synchronous'],
        variables,
      );
      const isStreaming = () =>
        admin(
          `select count(*)::int from pg_stat_replication where application_name = '${RECEIVER}' and state = 'streaming'`,
        );
      await expect.poll(isStreaming).toBe(1);
      await admin(`alter system set synchronous_standby_names = '${RECEIVER}'`);
      await admin('select pg_reload_conf()');
      await expect
        .poll(() =>
          admin(`select sync_state from pg_stat_replication where application_name = '${RECEIVER}'`),
        )
        .toBe('sync');
      await admin(`select pg_logical_emit_message(true, 'colloquy', '${SECRET}-received')`);
      const [partial] = (await readdir(received)).filter((name) => name.endsWith('.partial'));
      expect((await readFile(join(received, partial!))).includes(`${SECRET}-received`)).toBe(true);
      const target = folderTarget(at('target'));
      await shipWal({ folder: received, target, keys: NO_KEYS, systemIdentifier: await systemIdentifier() });
      expect(await target.stat(`wal/${partial}.zst`)).not.toBeNull();
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
      await admin('alter system reset synchronous_standby_names');
      await admin('select pg_reload_conf()');
      expect((await backup(['receive', '--folder', received, '--drop-slot'])).code).toBe(0);
      expect(await admin('select count(*)::int from pg_replication_slots')).toBe(0);
      expect((await stat(received)).isDirectory()).toBe(true);
    },
    LONG,
  );
});
