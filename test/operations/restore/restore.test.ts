import { execFileSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { env } from '../../../lib/env.ts';
import { readCatalogue } from '../../../operations/backup/catalogue.ts';
import { folderTarget } from '../../../operations/backup/folder-target.ts';
import { s3Target } from '../../../operations/backup/s3-target.ts';
import { verifyBackups } from '../../../operations/backup/verify.ts';
import { runningPostmaster, until } from '../../../operations/postmaster.ts';
import { promoteReplica } from '../../../operations/replica/promote.ts';
import { formatMoment, type Goal, parseTime } from '../../../operations/restore/goal.ts';
import { describeLoss, lossOf } from '../../../operations/restore/loss.ts';
import { asking, type Restored, restore } from '../../../operations/restore/restore.ts';
import { serverUser } from '../../../tools/postgres/places.ts';
import { freePort } from '../../../tools/postgres/server.ts';
import { isLong, LONG } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { startS3Server } from '../../support/s3-server.ts';
import { describeWithBinaries, one, openTemporaryFolder } from '../../tools/postgres/support.ts';
import { ops, startOps, storeFile } from '../backup/support.ts';

await describeWithBinaries('a restore', (binaries) => {
  const folder = openTemporaryFolder();
  const target = join(folder, 'target');
  /** Of each number that was committed, in order: the moment and the point behind it. */
  const behind: { time: string; name: string }[] = [];
  let server: OwnServer;
  let variables: Record<string, string>;
  let file: string;
  let user: Awaited<ReturnType<typeof serverUser>>;

  /** A folder of the server's user. */
  const newFolder = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    if (user) chownSync(path, user.uid, user.gid);
    return path;
  };
  const note = async (): Promise<void> => {
    const n = behind.length + 1;
    await one(server.url, `insert into kept.notes values (${n})`);
    await one(server.url, `select pg_create_restore_point('point ${n}')`);
    behind.push({
      time: String(await one(server.url, 'select clock_timestamp()::text')),
      name: `point ${n}`,
    });
  };
  const take = async (kind: string): Promise<void> => {
    const { code, stderr } = await ops(['backup', kind], variables);
    expect(code, stderr).toBe(0);
  };
  /** Ends the segment, so that it is archived. */
  const archived = async (): Promise<void> => {
    const name = await one(server.url, 'select pg_walfile_name(pg_switch_wal())');
    expect(await until(() => existsSync(join(target, 'wal', String(name))), 60_000)).toBe(true);
  };

  beforeAll(async () => {
    env.PG_BIN = binaries.bin;
    user = await serverUser();
    newFolder('target');
    newFolder('target/wal');
    server = await openOwnServer(binaries, {
      summarize_wal: 'on',
      track_commit_timestamp: 'on',
      archive_mode: 'on',
      archive_library: 'basic_archive',
      'basic_archive.archive_directory': join(target, 'wal'),
    });
    variables = {
      DATABASE_URL: server.url,
      PG_BIN: binaries.bin,
      DATA_DIR: join(folder, 'data'),
      BACKUP_TARGET: target,
    };
    // the rows lie in a tablespace: each restore of this file brings one along
    await one(server.url, `create tablespace elsewhere location '${newFolder('elsewhere')}'`);
    await one(
      server.url,
      'create schema kept create table kept.notes (n integer primary key) tablespace elsewhere',
    );
    file = await storeFile(server.url, variables.DATA_DIR!, 'the first file');
    await note();
    await take('full');
    await note();
    await archived();
    await take('incremental');
    for (let each = 0; each < 3; each += 1) {
      await note();
      await archived();
    }
  }, LONG);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  let copies = 0;
  /** Restores in this process, from the target or a copy of it. */
  const restored = async (
    goal: Goal,
    from = target,
    set?: string,
    identities: string[] = [],
    say: (text: string) => void = () => {},
    parent = folder,
  ): Promise<Restored> => {
    copies += 1;
    const source = { target: folderTarget(from), keys: { identities } };
    const { sets } = await readCatalogue(source.target);
    return await restore({
      source,
      sets,
      to: join(parent, `copy-${copies}`),
      goal,
      ...(set === undefined ? {} : { set }),
      durable: false,
      say,
    });
  };
  const notesOf = async ({ server: copy, database, folder: place }: Restored): Promise<number[]> => {
    const { rows } = await asking(copy, database, (client) =>
      client.query('select array_agg(n order by n) as notes from kept.notes'),
    );
    await copy.stop();
    place.release();
    rmSync(place.path, { recursive: true });
    return rows[0].notes;
  };
  /** Nothing is left of what was refused. */
  const refused = async (
    code: string,
    text: string,
    goal: Goal,
    from?: string,
    set?: string,
  ): Promise<void> => {
    await expect(restored(goal, from, set)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
      hint: expect.stringMatching(/\S/),
    });
    expect(existsSync(join(folder, `copy-${copies}`))).toBe(false);
  };
  const damagedTarget = (): string => {
    const copy = join(folder, 'damaged');
    rmSync(copy, { recursive: true, force: true });
    cpSync(target, copy, { recursive: true });
    return copy;
  };
  /** Changes one bit in the middle of a file. */
  const flip = (path: string, at?: number): void => {
    const bytes = readFileSync(path);
    const place = at ?? Math.floor(bytes.length / 2);
    bytes[place] = bytes[place]! ^ 1;
    writeFileSync(path, bytes);
  };
  const setsOf = async (kind: string): Promise<string> =>
    (await readCatalogue(folderTarget(target))).sets.find((set) => set.kind === kind)!.id;
  const segments = (): string[] =>
    readdirSync(join(target, 'wal'))
      .filter((name) => /^[0-9A-F]{24}$/.test(name))
      .sort();

  it(
    'has everything that was archived, and the bytes of files; it runs where it was asked to',
    async () => {
      const to = join(folder, 'latest');
      const files = join(folder, 'files');
      const port = await freePort();
      const done = await ops(
        ['restore', '--to', to, '--files', files, '--port', String(port), '--json'],
        variables,
      );
      expect(done.code, done.stderr).toBe(0);
      const outcome = JSON.parse(done.stdout);
      expect(outcome).toMatchObject({
        goal: 'latest',
        chain: [await setsOf('full'), await setsOf('incremental')],
        timeline: 2,
        lost: { commits: 0 },
        files: { wanted: 1, restored: 1, missing: [], damaged: [] },
      });
      expect(readFileSync(join(files, file), 'utf8')).toBe('the first file');
      const url = new URL(server.url);
      url.port = String(port);
      try {
        expect(await one(url.href, 'select count(*)::int from kept.notes')).toBe(5);
        // it must not archive into the place of the server that it comes from
        expect(await one(url.href, `select current_setting('archive_mode')`)).toBe('off');
      } finally {
        process.kill(runningPostmaster(join(to, 'data'))!.pid, 'SIGQUIT');
      }
      const oid = await one(server.url, `select oid::text from pg_tablespace where spcname = 'elsewhere'`);
      expect(readdirSync(to).sort()).toEqual(['data', `data.${oid}`, 'restore.json', 'server.log']);
      expect(readlinkSync(join(to, 'data/pg_tblspc', String(oid)))).toBe(join(to, `data.${oid}`));
      const again = await ops(['restore', '--to', to, '--force'], variables);
      expect([again.code, again.stderr]).toEqual([
        2,
        expect.stringContaining('holds what a restore has made'),
      ]);
      const over = await ops(['restore', '--to', join(to, 'data')], variables);
      expect([over.code, over.stderr]).toEqual([
        2,
        expect.stringContaining('is the data folder of a PostgreSQL server'),
      ]);
    },
    LONG,
  );

  it(
    'ends at a time, a point or the end of the set, and says what it leaves out',
    async () => {
      const time = await restored({ to: 'time', ...parseTime(behind[2]!.time) });
      expect(time.lost?.commits).toBe(2);
      expect(await notesOf(time)).toEqual([1, 2, 3]);
      if (!isLong()) return;
      // a microsecond decides
      const last = String(
        await one(server.url, `select pg_xact_commit_timestamp(xmin)::text from kept.notes where n = 5`),
      );
      const { microseconds } = parseTime(last);
      expect(await notesOf(await restored({ to: 'time', microseconds: microseconds - 1 }))).toEqual([
        1, 2, 3, 4,
      ]);
      // no set ended before it but the full one
      const early = await restored({ to: 'time', ...parseTime(behind[1]!.time) });
      expect(early.chain.map(({ kind }) => kind)).toEqual(['full']);
      expect(await notesOf(early)).toEqual([1, 2]);
      const named = await restored({ to: 'name', name: behind[3]!.name });
      expect(named.lost?.commits).toBe(1);
      expect(await notesOf(named)).toEqual([1, 2, 3, 4]);
      const immediate = await restored({ to: 'immediate' });
      expect(await notesOf(immediate)).toEqual([1, 2]);
    },
    LONG,
  );

  it('is looked at by the command, for each goal', { timeout: LONG }, async () => {
    const look = async (goal: string[], from = target): Promise<{ chain: string[]; newest: string }> => {
      const args = ['restore', '--to', join(folder, 'looked-at'), '--dry-run', '--json', ...goal];
      const done = await ops(args, { ...variables, BACKUP_TARGET: from });
      expect(done.code, done.stderr).toBe(0);
      return JSON.parse(done.stdout);
    };
    const [full, incremental] = [await setsOf('full'), await setsOf('incremental')];
    const latest = await look(['--latest']);
    expect(latest.chain).toEqual([full, incremental]);
    expect((await look(['--time', behind[1]!.time])).chain).toEqual([full]);
    const unknown = await ops(
      ['restore', '--to', join(folder, 'looked-at'), '--dry-run', '--name', 'no point'],
      variables,
    );
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('CQ625')]);
    // without the log that was archived last; and with it, where it lies elsewhere
    const copy = damagedTarget();
    const rest = newFolder('rest');
    for (const name of segments().slice(-2)) renameSync(join(copy, 'wal', name), join(rest, name));
    expect((await look(['--latest'], copy)).newest < latest.newest).toBe(true);
    expect(await look(['--wal', rest], copy)).toEqual(latest);
    for (const name of segments()) rmSync(join(copy, 'wal', name), { force: true });
    expect((await look(['--immediate'], copy)).chain).toEqual([full, incremental]);
    expect(existsSync(join(folder, 'looked-at'))).toBe(false);
  });

  it('refuses what it would reach with later data, or not at all', async () => {
    await refused('CQ622', 'can be restored to the time', { to: 'time', ...parseTime(behind[0]!.time) });
    await refused(
      'CQ622',
      'ended at',
      { to: 'time', ...parseTime(behind[1]!.time) },
      target,
      await setsOf('incremental'),
    );
    await refused('CQ622', 'There is no set', { to: 'latest' }, target, 'of-nobody');
    await refused('CQ625', 'The log ends before the time', { to: 'time', ...parseTime('2999-01-01 00:00Z') });
    await refused('CQ625', 'point "unknown"', { to: 'name', name: 'unknown' });
  });

  it(
    'refuses a gap in the log, unless it ends before that',
    async () => {
      const copy = damagedTarget();
      const missing = segments().at(-2)!;
      rmSync(join(copy, 'wal', missing));
      await refused('CQ624', missing, { to: 'latest' }, copy);
      await refused(
        'CQ624',
        'The newest time that can be reached',
        { to: 'time', ...parseTime(behind[3]!.time) },
        copy,
      );
      // its next commit lies in front of the gap
      expect(await notesOf(await restored({ to: 'time', ...parseTime(behind[1]!.time) }, copy))).toEqual([
        1, 2,
      ]);
      expect(await notesOf(await restored({ to: 'immediate' }, copy))).toEqual([1, 2]);
    },
    LONG,
  );

  it(
    'refuses a flipped bit in the log and in a set, and a set of which one is missing',
    async () => {
      let copy = damagedTarget();
      // in the header of the first record
      flip(join(copy, 'wal', segments().at(-3)!), 44);
      await refused('CQ626', 'The log is damaged', { to: 'latest' }, copy);
      const [full, incremental] = [await setsOf('full'), await setsOf('incremental')];
      copy = damagedTarget();
      flip(join(copy, 'sets', full, 'base.tar.zst'));
      await refused('CQ626', `sets/${full}/base.tar.zst is damaged`, { to: 'latest' }, copy);
      copy = damagedTarget();
      rmSync(join(copy, 'sets', full), { recursive: true });
      await refused('CQ623', `${incremental} builds on the set ${full}`, { to: 'latest' }, copy);
    },
    LONG,
  );

  it(
    'opens what is encrypted with a key, and not without',
    async () => {
      const sealed = join(folder, 'sealed');
      const identity = await generateIdentity();
      const taken = await ops(['backup', 'full', '--without-files'], {
        ...variables,
        BACKUP_TARGET: sealed,
        BACKUP_AGE_RECIPIENTS: await identityToRecipient(identity),
      });
      expect(taken.code, taken.stderr).toBe(0);
      await refused('CQ610', 'is encrypted', { to: 'latest' }, sealed);
      expect(await notesOf(await restored({ to: 'latest' }, sealed, undefined, [identity]))).toEqual([
        1, 2, 3, 4, 5,
      ]);
    },
    LONG,
  );

  it(
    'is drilled: what it takes and what would be lost is taken down, and what is not whole is found',
    async () => {
      const scratch = join(folder, 'scratch');
      // one segment of the log lies elsewhere, and no bytes are read
      const copy = damagedTarget();
      const rest = newFolder('rest-of-drill');
      const last = segments().at(-1)!;
      renameSync(join(copy, 'wal', last), join(rest, last));
      const options = ['--scratch', scratch, '--sample-files', '0', '--wal', rest];
      const drilled = await ops(['restore-drill', ...options, '--json'], {
        ...variables,
        BACKUP_TARGET: copy,
      });
      expect(drilled.code, `${drilled.stderr}${drilled.stdout}`).toBe(0);
      const { details } = JSON.parse(drilled.stdout);
      expect(details).toMatchObject({ chain: 2, files: 1, filesRead: 0, findings: 0, pagesChecked: true });
      expect(details.rows).toBeDefined();
      expect(details.rtoSeconds).toBeGreaterThan(0);
      // rows that the source says it had two hours ago and the copy has not, and a lost content
      await one(
        server.url,
        `insert into app_public.workspaces (id, name) values (app_hidden.uuidv7_floor(now() - interval '2 hours'), 'old')`,
      );
      const content = join(target, 'files', file);
      rmSync(content);
      const found = await ops(['restore-drill', '--scratch', scratch], variables);
      expect([found.code, found.stdout]).toEqual([
        1,
        expect.stringMatching(/^files +1 files.*^rows_of_source +app_public.workspaces/ms),
      ]);
      writeFileSync(content, 'the first file');
      expect(readdirSync(scratch)).toEqual([]);
      const runs = await one(
        server.url,
        `select json_agg(r.outcome || ' ' || (r.details ->> 'findings') order by r.started_at)
       from app_hidden.maintenance_runs r where r.task = 'restore-drill'`,
      );
      expect(runs).toEqual(['succeeded 0', 'succeeded 2']);
      // ended in the middle
      const { child, ended } = startOps(['restore-drill', '--scratch', scratch], variables);
      await new Promise<void>((resolve) => {
        child.stderr!.on('data', (piece: string) => piece.includes('Replaying') && resolve());
        void ended.then(() => resolve());
      });
      child.kill('SIGTERM');
      expect((await ended).code).toBe(2);
      expect(readdirSync(scratch)).toEqual([]);
    },
    LONG,
  );

  it.skipIf(process.getuid?.() !== 0)(
    'refuses a disk without room for it, and leaves nothing on one that fills meanwhile',
    async () => {
      const small = join(folder, 'small');
      mkdirSync(small);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=120m,mode=755', 'tmpfs', small]);
      try {
        const done = await ops(['restore', '--to', join(small, 'copy')], variables);
        expect([done.code, done.stderr]).toEqual([
          2,
          expect.stringMatching(/needs .*MB, and .*MB are free there\. \(CQ627\)/),
        ]);
        expect(readdirSync(small)).toEqual([]);
        execFileSync('mount', ['-o', 'remount,size=1g', small]);
        const fill = (text: string): void => {
          if (!text.startsWith('Unpacking')) return;
          const { blocks, bfree, bsize } = statfsSync(small);
          const size = (blocks - bfree) * bsize + 4 * 1024 * 1024;
          execFileSync('mount', ['-o', `remount,size=${size}`, small]);
        };
        await expect(restored({ to: 'latest' }, target, undefined, [], fill, small)).rejects.toMatchObject({
          code: 'CQ627',
          message: expect.stringContaining('There is no room left'),
        });
        expect(readdirSync(small)).toEqual([]);
      } finally {
        execFileSync('umount', [small]);
      }
    },
    LONG,
  );

  it(
    'goes on over a promotion: from a set before it, from those after it, to a time, and out of a bucket',
    async () => {
      const before = await setsOf('incremental');
      writeFileSync(join(server.dataDir, 'standby.signal'), '');
      await server.restart('fast');
      const recovers = () => one(server.url, 'select pg_is_in_recovery()');
      expect(await recovers()).toBe(true);
      // what applies the log is held, so that no change is taken in time
      const startup = Number(
        await one(server.url, `select pid from pg_stat_activity where backend_type = 'startup'`),
      );
      process.kill(startup, 'SIGSTOP');
      try {
        const asked = { to: server.url, primaryUrl: server.url, force: false, dryRun: false, say: () => {} };
        await expect(promoteReplica({ ...asked, patience: 300 })).rejects.toMatchObject({
          code: 'CQ677',
          hint: expect.stringContaining('npm run ops -- adopt'),
        });
      } finally {
        process.kill(startup, 'SIGCONT');
      }
      expect(await until(async () => (await recovers()) === false, 60_000)).toBe(true);
      await note();
      await archived();
      const refusal = await ops(['backup', 'incremental'], variables);
      expect([refusal.code, refusal.stderr]).toEqual([2, expect.stringMatching(/timeline 2.*CQ607/)]);
      const full = JSON.parse(
        (await ops(['backup', 'incremental', '--or-full', '--json'], variables)).stdout,
      );
      expect(full).toMatchObject({ kind: 'full', timeline: 2 });
      await note();
      await take('incremental');
      await note();
      await archived();
      const all = { target: folderTarget(target), keys: { recipients: [], identities: [] } };
      expect(
        (await verifyBackups({ ...all, staging: join(folder, 'staging') }, { all: true })).findings,
      ).toEqual([]);
      const newest = await restored({ to: 'latest' });
      expect(newest.chain.map(({ id }) => id)).toEqual([full.id, expect.stringContaining('incremental')]);
      // what is known to have been there, of which the copy says how much it has not
      const { end, lastCommitAt } = newest;
      expect(lossOf(newest, { lsn: end.lsn })).toEqual({ commits: 0, seconds: 0, bytes: 0 });
      expect(lossOf(newest, { lsn: end.lsn + 4096n })).toEqual({ commits: null, seconds: null, bytes: 4096 });
      const later = { microseconds: lastCommitAt!.microseconds + 90_000_000 };
      expect(lossOf(newest, { time: later }).seconds).toBe(90);
      expect(describeLoss(newest, { time: later })).toMatch(/in the last (?:90 s|1 min 30 s|1:30)/);
      expect(await notesOf(newest)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const over = await restored({ to: 'time', ...parseTime(behind[5]!.time) }, target, before);
      expect(over.end.timeline).toBe(3);
      expect(over.lost!.commits).toBeGreaterThanOrEqual(2);
      expect(await notesOf(over)).toEqual([1, 2, 3, 4, 5, 6]);

      const s3 = await startS3Server();
      try {
        const bucket = s3Target({ ...s3, prefix: 'chat/', region: 'us-east-1' });
        for await (const { key } of all.target.list('')) await bucket.put(key, await all.target.get(key));
        const to = join(folder, 'of-bucket');
        const args = ['--to', to, '--files', join(folder, 'files-of-bucket'), '--set', before];
        const done = await ops(['restore', ...args, '--expected', formatMoment(later), '--json'], {
          ...variables,
          BACKUP_TARGET: 's3://backups/chat',
          BACKUP_S3_ENDPOINT: s3.endpoint,
          BACKUP_S3_ACCESS_KEY_ID: s3.accessKeyId,
          BACKUP_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
        });
        expect(done.code, done.stderr).toBe(0);
        expect(JSON.parse(done.stdout)).toMatchObject({
          chain: [expect.stringContaining('full'), before],
          timeline: 3,
          lastCommitAt: formatMoment(lastCommitAt!),
          lost: { commits: null, seconds: 90 },
          files: { restored: 1, missing: [] },
        });
      } finally {
        await s3.stop();
      }
    },
    LONG,
  );

  it(
    'never replays into the folder of a tablespace that the live server has',
    async () => {
      const place = newFolder('later');
      const { time } = behind.at(-1)!;
      await note();
      await one(server.url, `create tablespace later location '${place}'`);
      await one(server.url, 'create table kept.later (n integer) tablespace later');
      await note();
      await archived();
      await refused('CQ695', `${place}, where files lie`, { to: 'latest' });
      // what was made in a transaction is replayed up to its commit
      const notes = await notesOf(await restored({ to: 'time', ...parseTime(time) }));
      expect(notes).toHaveLength(behind.length - 2);
      if (!isLong()) return;
      // as on a machine that lost it: made anew, and empty
      const [name] = readdirSync(place);
      renameSync(join(place, name!), join(folder, 'aside'));
      const copy = await restored({ to: 'latest' });
      expect(readdirSync(place)).toEqual([name]);
      expect(await notesOf(copy)).toHaveLength(behind.length);
      rmSync(join(place, name!), { recursive: true });
      renameSync(join(folder, 'aside'), join(place, name!));
    },
    LONG,
  );

  it.runIf(isLong())(
    'says what a killed one has left, and begins anew when it is told to',
    async () => {
      const to = join(folder, 'killed');
      for (const word of ['Unpacking', 'Replaying']) {
        const { child, ended } = startOps(['restore', '--to', to, '--force'], variables);
        await new Promise<void>((resolve) => {
          child.stderr!.on('data', (piece: string) => piece.includes(word) && resolve());
          void ended.then(() => resolve());
        });
        child.kill('SIGKILL');
        await ended;
        const told = await ops(['restore', '--to', to], variables);
        expect([told.code, told.stderr]).toEqual([2, expect.stringMatching(/did not end.*CQ621.*--force/s)]);
      }
      const done = await ops(['restore', '--to', to, '--force', '--json'], variables);
      expect(done.code, done.stderr).toBe(0);
      expect(runningPostmaster(join(to, 'data'))).toBeUndefined();
    },
    LONG,
  );
});
