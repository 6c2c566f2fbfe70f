import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../../jobs/analyze.ts';
import { backup } from '../../../jobs/backup.ts';
import { indexHealth } from '../../../jobs/index-health.ts';
import type { JobContext } from '../../../jobs/job.ts';
import { changeAddress } from '../../../lib/connections/addresses.ts';
import type { LoginRole } from '../../../lib/database/login.ts';
import { type Database, serverDatabase, urlForRole } from '../../../lib/database.ts';
import { log } from '../../../lib/log.ts';
import { readsTotal } from '../../../lib/metrics.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { runningPostmaster, stopPostmaster } from '../../../operations/postmaster.ts';
import { runProgram } from '../../../operations/programs.ts';
import { judgePrimary, type PrimaryFacts } from '../../../operations/replica/facts.ts';
import { serverUser } from '../../../operations/system-user.ts';
import { readLogin } from '../../../scripts/logins/file.ts';
import { makeLogins } from '../../../scripts/logins/make.ts';
import { percentile } from '../../../tools/bench/harness.ts';
import { freePort } from '../../../tools/postgres/server.ts';
import { type Account, codeOf, readReply, register, startTestApi, type TestApi } from '../../api/support.ts';
import { LONG, sized } from '../../support/limits.ts';
import { type OwnServer, openOwnServer } from '../../support/own-server.ts';
import { type StartedServer, startServer } from '../../support/started.ts';
import { until } from '../../support/users.ts';
import { describeWithBinaries, openTemporaryFolder } from '../../tools/postgres/support.ts';

describe('what is looked at before a standby is made', () => {
  const fine: PrimaryFacts = {
    version: 180006,
    isStandby: false,
    walLevel: 'replica',
    senders: 0,
    mostSenders: 10,
    slots: 0,
    mostSlots: 10,
    slotKeep: '10GB',
    slot: null,
  };

  it('lets a server pass that can have one, with a word about WAL that is kept without a bound', () => {
    expect(judgePrimary(fine, 'two')).toEqual([]);
    expect(judgePrimary({ ...fine, slotKeep: '-1' }, 'two')).toEqual([
      expect.stringContaining('max_slot_wal_keep_size is -1'),
    ]);
  });

  it.each([
    [{ isStandby: true }, 'CQ670', /Point BACKUP_DATABASE_URL at the primary/],
    [{ walLevel: 'minimal' }, 'CQ670', /wal_level = replica/],
    [{ senders: 9 }, 'CQ670', /max_wal_senders = 14/],
    [{ slots: 10 }, 'CQ670', /max_replication_slots = 15/],
    [{ slot: { isActive: true } }, 'CQ673', /--slot NAME/],
    [{ slot: { isActive: false } }, 'CQ673', /pg_drop_replication_slot\('two'\)/],
  ] as const)('refuses %j', (facts, code, hint) => {
    expect(() => judgePrimary({ ...fine, ...facts }, 'two')).toThrow(
      expect.objectContaining({ code, hint: expect.stringMatching(hint) }),
    );
  });
});

await describeWithBinaries('ops replica', (binaries) => {
  const SLOT = 'two';
  const logins = mkdtempSync(join(tmpdir(), 'colloquy-replica-'));
  const parent = openTemporaryFolder();
  const folder = join(parent, 'standby');
  let primary: OwnServer;
  let direct: Database;
  let env: NodeJS.ProcessEnv;
  let port: number;
  /** The administrator's address of the standby, and of both. */
  let standbyUrl: string;
  let both: string;

  const sql = async (text: string) => (await direct.pool('admin').query(text)).rows;
  const onStandby = async (text: string) => {
    const database = serverDatabase(standbyUrl);
    try {
      return (await database.pool('admin').query(text)).rows;
    } finally {
      await database.close();
    }
  };

  interface Ended {
    code: number;
    stdout: string;
    stderr: string;
  }
  const launch = (
    args: string[],
    more: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; ended: Promise<Ended> } => {
    const options = { cwd: projectFolder, env: { ...process.env, ...env, ...more }, maxBuffer: 1e8 };
    let child!: ChildProcess;
    const ended = new Promise<Ended>((resolve) => {
      child = execFile(
        process.execPath,
        ['scripts/ops.ts', 'replica', ...args],
        options,
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
      );
    });
    return { child, ended };
  };
  const ops = (args: string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> => launch(args, more).ended;

  beforeAll(async () => {
    primary = await openOwnServer(binaries, { wal_sender_timeout: '5s', max_slot_wal_keep_size: '1GB' });
    direct = serverDatabase(primary.url);
    const roles: LoginRole[] = ['backup', 'monitor', 'authenticator', 'worker'];
    await makeLogins(direct, { folder: logins, roles, rotate: false, dryRun: false, given: new Set() });
    port = await freePort();
    standbyUrl = changeAddress(primary.url, (url) => (url.port = String(port)));
    both = primary.url.replace(/@([^/]+)\//, `@$1,127.0.0.1:${port}/`);
    env = {
      PG_BIN: binaries.bin,
      DATA_DIR: logins,
      DATABASE_URL: primary.url,
      BACKUP_DATABASE_URL: readLogin(logins, 'backup'),
      MONITOR_DATABASE_URL: readLogin(logins, 'monitor'),
      READ_DATABASE_URL: '',
      LOG_LEVEL: 'error',
    };
  }, LONG);
  afterAll(async () => {
    const running = runningPostmaster(folder);
    if (running) await stopPostmaster(running.pid, 'immediate');
    await direct?.close();
    await primary?.stop();
    for (const each of [logins, parent]) rmSync(each, { recursive: true, force: true });
  });

  const settings = () =>
    Object.entries({
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      wal_retrieve_retry_interval: '200ms',
      timezone: 'GMT',
      log_timezone: 'GMT',
      jit: 'off',
    }).flatMap(([name, value]) => ['--setting', `${name}=${value}`]);

  it('add refuses a folder that holds something, and a login that is none of its own', async () => {
    const full = join(parent, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'letter.txt'), 'kept');
    const [refused, without] = await Promise.all([
      ops(['add', '--to', full]),
      ops(['add', '--to', folder], { BACKUP_DATABASE_URL: '' }),
    ]);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/full is not empty\. \(CQ670\)/),
    });
    expect(readdirSync(full)).toEqual(['letter.txt']);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/BACKUP_DATABASE_URL/) });
    const hba = join(primary.dataDir, 'pg_hba.conf');
    const entries = readFileSync(hba, 'utf8');
    writeFileSync(hba, entries.replace(/^.*\breplication\b.*$/gm, ''));
    await sql('select pg_reload_conf()');
    expect(await ops(['add', '--to', folder])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /\(CQ672\)\n.*"host replication colloquy_backup 127\.0\.0\.1\/32 scram-sha-256"/,
      ),
    });
    writeFileSync(hba, entries);
    await sql('select pg_reload_conf()');
    expect(await sql('select from pg_replication_slots')).toEqual([]);
    expect(readdirSync(parent)).toEqual(['full']);
  });

  it('add leaves nothing that the next run does not remove when it is killed', {
    timeout: LONG,
  }, async () => {
    for (let n = 0; n < sized(1, 6); n += 1) {
      const { child, ended } = launch(['add', '--to', folder, '--slot', SLOT]);
      await until(async () => (await sql('select from pg_replication_slots')).length === 1);
      if (n > 0) await new Promise((resolve) => setTimeout(resolve, 150 * n * Math.random()));
      child.kill('SIGKILL');
      await ended;
    }
    const tried = await ops(['add', '--to', folder, '--slot', SLOT, '--dry-run']);
    expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining('would be made') });
    const made = await ops(['add', '--to', folder, '--slot', SLOT, '--start', ...settings()]);
    expect(made, made.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('It runs.') });
    expect(made.stderr).toMatch(/A run that did not end left a part of a copy and the slot two/);
    expect(readdirSync(parent).filter((name) => name.startsWith('standby'))).toEqual(['standby']);
    expect(await sql('select slot_name, active from pg_replication_slots')).toEqual([
      { slot_name: SLOT, active: true },
    ]);
    expect(
      await onStandby(
        `select pg_is_in_recovery() as recovers, current_setting('hot_standby_feedback') as feedback`,
      ),
    ).toEqual([{ recovers: true, feedback: 'on' }]);
    const runs = await sql(
      `select outcome from app_hidden.maintenance_runs where task = 'replica-add' order by started_at desc limit 1`,
    );
    expect(runs).toEqual([{ outcome: 'succeeded' }]);
    // it waits for nobody once it is promoted
    expect(readFileSync(join(folder, 'postgresql.auto.conf'), 'utf8')).toContain(
      "synchronous_standby_names = ''",
    );
    // and what is there is not written over
    expect(await ops(['add', '--to', folder, '--slot', 'three'])).toMatchObject({ code: 2 });
    expect(await sql('select from pg_replication_slots')).toHaveLength(1);
  });

  it('add says when what it copied does not start', { timeout: LONG }, async () => {
    const broken = join(parent, 'broken');
    const made = await ops([
      ...['add', '--to', broken, '--slot', 'broken', '--start', '--setting', 'shared_buffers=plenty'],
    ]);
    expect(made).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/was copied, and does not start\. \(CQ674\)\n.*broken\/server\.log/),
    });
    expect(readFileSync(join(broken, 'server.log'), 'utf8')).toContain('shared_buffers');
    // the copy is whole, and kept: only the setting is to be mended
    expect(existsSync(join(broken, 'standby.signal'))).toBe(true);
    expect(existsSync(`${broken}.unfinished`)).toBe(false);
    await sql(`select pg_drop_replication_slot('broken')`);
    rmSync(broken, { recursive: true });
  });

  it('maintenance of every week is left to the primary', async () => {
    const standby = serverDatabase(standbyUrl);
    try {
      const context = { pool: standby.pool('worker'), log, signal: new AbortController().signal };
      for (const job of [analyze, indexHealth, backup])
        expect(await job.handle(context as unknown as JobContext, {})).toEqual({
          skipped: 'this is a replica',
        });
    } finally {
      await standby.close();
    }
  });

  it('status says how far the standby is, and ends with 1 when it is too far behind', async () => {
    const READ_DATABASE_URL = changeAddress(
      readLogin(logins, 'authenticator')!,
      (url) => (url.port = String(port)),
    );
    const fine = await ops(['status', '--json'], { READ_DATABASE_URL });
    expect(fine, fine.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(fine.stdout)).toMatchObject({
      primary: { isStandby: false, timeline: '00000001' },
      standbys: [{ name: SLOT, state: 'streaming' }],
      slots: [{ name: SLOT, isActive: true }],
      itself: { replay: 'not paused', receives: true },
      findings: [],
    });
    await onStandby('select pg_wal_replay_pause()');
    await sql('create table public.lag as select 1 as one');
    const behind = await ops(['status', '--max-lag', '0.001', '--max-lag-bytes', '100'], {
      READ_DATABASE_URL,
    });
    await onStandby('select pg_wal_replay_resume()');
    expect(behind.code).toBe(1);
    expect(behind.stdout).toMatch(/two is \d+ MB of WAL behind/);
    expect(behind.stdout).toMatch(/The standby's last commit is \d+ s old/);
    expect(behind.stdout).toMatch(/replay is paused: select pg_wal_replay_resume/);
  });

  describe('the API', () => {
    let one: TestApi;
    let two: TestApi;
    let ann: Account;

    beforeAll(async () => {
      const standby = urlForRole(standbyUrl, 'authenticator');
      [one, two] = (await Promise.all(
        [1, 2].map(() =>
          startTestApi({ database: serverDatabase(primary.url, { standby }), standbyPatience: 2_000 }),
        ),
      )) as [TestApi, TestApi];
      ann = await register(one, 'ann@example.org');
    }, LONG);
    afterAll(async () => {
      await Promise.all([one?.close(), two?.close()]);
    });

    const reads = async (where: string, why?: string): Promise<number> => {
      const { values } = await readsTotal.get();
      return values
        .filter(({ labels }) => labels.where === where && (why === undefined || labels.why === why))
        .reduce((sum, { value }) => sum + value, 0);
    };
    /** The titles that somebody sees, newest first. */
    async function titles(api: TestApi): Promise<string[]> {
      const reply = await api.ask(
        '{ conversations(first: 1000) { nodes { title } } }',
        {},
        { token: ann.token },
      );
      expect(reply.errors).toEqual([]);
      return reply.data.conversations.nodes.map(({ title }: { title: string }) => title);
    }
    async function begin(api: TestApi, token = ann.token): Promise<string> {
      const title = randomUUID();
      const reply = await api.ask(
        'mutation ($title: String) { startConversation(input: { title: $title }) { conversation { id } } }',
        { title },
        { token },
      );
      expect(reply.errors).toEqual([]);
      return title;
    }
    const readyz = async () =>
      ((await (await fetch(`${one.api.url}/readyz`)).json()) as { standby?: string }).standby;

    it('reads there, and always what was written before, at whichever instance', {
      timeout: LONG,
    }, async () => {
      for (let n = 0; n < sized(20, 200); n += 1) {
        const [writer, reader] = n % 2 ? [one, two] : [two, one];
        const title = await begin(writer);
        expect(await titles(reader)).toContain(title);
        expect(await titles(writer)).toContain(title);
      }
      expect(await reads('standby')).toBeGreaterThanOrEqual(sized(40, 400) * 0.9);
      expect(await readyz()).toBe('ok');
    });

    it.runIf(sized(0, 1))('reads there under load, as fast: figures', { timeout: LONG }, async () => {
      const standby = urlForRole(standbyUrl, 'authenticator');
      const { token } = await register(one, 'carl@example.org');
      for (const own of [{}, { standby }]) {
        const api = await startTestApi({ database: serverDatabase(primary.url, own) });
        const [there, here] = [await reads('standby'), await reads('primary')];
        const times: number[] = [];
        const end = performance.now() + 10_000;
        await Promise.all(
          Array.from({ length: 8 }, async () => {
            while (performance.now() < end) {
              await begin(api, token);
              for (let n = 0; n < 3; n += 1) {
                const begun = performance.now();
                await api.ask('{ conversations(first: 20) { nodes { id title } } }', {}, { token });
                times.push(performance.now() - begun);
              }
            }
          }),
        );
        await api.close();
        const [done, missed] = [(await reads('standby')) - there, (await reads('primary')) - here];
        process.stdout.write(
          `8 clients, each a write and three reads in turn, ${'standby' in own ? 'with' : 'without'} a standby: ${times.length} reads, median ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms${'standby' in own ? `; ${done} on the standby, ${missed} on the primary` : ''}\n`,
        );
      }
    });

    it('never sends there what writes, and searches', async () => {
      const before = await reads('primary', 'refused');
      const { errors } = await one.ask(
        '{ search(query: "tea", mode: HYBRID) { results { content } path } indexingProgress { isComplete } memoryItems { nodes { id } } documents { nodes { id } } workspaces { nodes { id } } }',
        {},
        { token: ann.token },
      );
      expect(errors).toEqual([]);
      expect(await reads('primary', 'refused')).toBe(before);
    });

    it('reads at the primary while the replay is paused; a revoked session is over at once', async () => {
      const { data } = await one.ask(
        'mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { authentication { token } } }',
        { email: 'ann@example.org', password: 'correct horse battery' },
      );
      const { token } = data.signIn.authentication;
      expect((await two.ask('{ conversations { nodes { id } } }', {}, { token })).status).toBe(200);
      await onStandby('select pg_wal_replay_pause()');
      try {
        const before = await reads('standby');
        for (const [writer, reader] of [
          [one, two],
          [two, one],
        ] as const) {
          const title = await begin(writer);
          expect(await titles(reader)).toContain(title);
        }
        expect(await reads('primary', 'behind')).toBeGreaterThan(0);
        expect(await reads('standby')).toBe(before);
        expect(await readyz()).toBe('behind');
        await one.ask('mutation { signOut(input: {}) { clientMutationId } }', {}, { token });
        expect(codeOf(await two.ask('{ conversations { nodes { id } } }', {}, { token }))).toBe('CQ106');
      } finally {
        await onStandby('select pg_wal_replay_resume()');
      }
      await until(async () => {
        const before = await reads('standby');
        await titles(one);
        return (await reads('standby')) > before;
      });
    });

    it('reads at the primary what the standby ends, by a conflict or a write, and tells what a function refuses', {
      timeout: LONG,
    }, async () => {
      await sql(`create table public.trial (code text); insert into public.trial values ('40001');
        grant usage on schema public to public; grant select on public.trial to public;
        create function public.on_trial() returns boolean language plpgsql stable as $$ begin
          if pg_is_in_recovery() then raise exception 'trial' using errcode = (select code from public.trial); end if;
          return true; end $$;
        create policy on_trial on app_public.conversations as restrictive for select to colloquy_user using ((select public.on_trial()));`);
      const seen: Record<string, string> = {};
      for (const [code, why] of Object.entries({
        '40001': 'conflict',
        '25006': 'refused',
        '57P01': 'unreachable',
        XX000: 'failed',
      })) {
        await sql(`update public.trial set code = '${code}'`);
        const count = () => reads('primary', why);
        await until(async () => {
          const before = await count();
          expect((await titles(one)).length).toBeGreaterThan(0);
          return (await count()) > before;
        });
        seen[code] = why;
      }
      expect(Object.keys(seen)).toHaveLength(4);
      // an error of the data is that of the primary, and is not asked for twice
      await sql(`update public.trial set code = 'CQ204'`);
      await until(
        async () =>
          codeOf(await one.ask('{ conversations { nodes { id } } }', {}, { token: ann.token })) === 'CQ204',
      );
      await sql(
        'drop policy on_trial on app_public.conversations; drop function public.on_trial(); drop table public.trial',
      );
    });

    it('reads at the primary when the standby is gone, or another server stands there', {
      timeout: LONG,
    }, async () => {
      await stopPostmaster(runningPostmaster(folder)!.pid, 'immediate');
      for (let n = 0; n < 5; n += 1) {
        const title = await begin(two);
        expect(await titles(one)).toContain(title);
      }
      expect(await readyz()).toBe('failed');
      expect(await reads('primary', 'unreachable')).toBeGreaterThan(0);
      // the primary itself is no standby
      const odd = await startTestApi({
        database: serverDatabase(primary.url, { standby: urlForRole(primary.url, 'authenticator') }),
      });
      try {
        expect(
          (await odd.ask('{ conversations { nodes { id } } }', {}, { token: ann.token })).errors,
        ).toEqual([]);
        expect(await reads('primary', 'other_server')).toBeGreaterThan(0);
      } finally {
        await odd.close();
      }
      await startStandby();
      await until(async () => {
        const before = await reads('standby');
        await titles(one);
        return (await reads('standby')) > before;
      });
    });
  });

  /** As the docs start it. */
  async function startStandby(): Promise<void> {
    const { uid, gid } = statSync(folder);
    const user = process.getuid?.() === 0 ? { uid, gid } : {};
    const child = spawn(
      join(binaries.bin, 'pg_ctl'),
      ['--pgdata', folder, '--log', join(folder, 'server.log'), '--wait', 'start'],
      {
        stdio: 'ignore',
        cwd: '/',
        env: { LC_ALL: 'C' },
        ...user,
      },
    );
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  }

  describe('promote', () => {
    let started: StartedServer;
    let token: string;
    const acknowledged = new Map<string, string>();
    const strange: string[] = [];

    const ask = async (query: string, variables = {}) =>
      readReply(
        await fetch(`${started.url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token ? { authorization: `Bearer ${token}` } : {}),
          },
          body: JSON.stringify({ query, variables }),
        }),
      );

    async function chat(signal: AbortSignal): Promise<void> {
      const begun = await ask('mutation { startConversation(input: {}) { conversation { id } } }');
      const id = begun.data.startConversation.conversation.id;
      while (!signal.aborted) {
        const key = randomUUID();
        for (let isDone = false; !isDone && !signal.aborted; ) {
          const reply = await ask(
            'mutation ($id: UUID!, $key: String!) { postMessage(input: { conversationId: $id, content: "Hello", idempotencyKey: $key }) { message { id } } }',
            { id, key },
          );
          const made = reply.data?.postMessage?.message?.id;
          if (made) {
            acknowledged.set(key, made);
            isDone = true;
          } else if (!/^CQ(?:409|438|503|51[0-4])$/.test(codeOf(reply) ?? '')) strange.push(reply.text);
          else await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    }

    it('refuses while the primary lives, and a server that is no standby', { timeout: LONG }, async () => {
      const [living, none] = await Promise.all([
        ops(['promote', '--to', folder]),
        ops(['promote', '--to', primary.url]),
      ]);
      expect(living).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/lives and takes changes\. \(CQ676\)\n.*pg_ctl stop/),
      });
      expect(none).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/takes changes already.*\(CQ675\)/),
      });
      expect(await onStandby('select pg_is_in_recovery() as recovers')).toEqual([{ recovers: true }]);
    });

    it('makes the standby the primary under load: processes follow, and what is lost is said: nothing acknowledged with a synchronous one', {
      timeout: LONG,
    }, async () => {
      // the long form shows what an asynchronous one loses, and that the command counts it
      const isSynchronous = sized(1, 0) === 1;
      if (isSynchronous) {
        await sql(`alter system set synchronous_standby_names = '${SLOT}'`);
        await sql('select pg_reload_conf()');
        await until(
          async () => (await sql(`select from pg_stat_replication where sync_state = 'sync'`)).length === 1,
        );
      }
      started = await startServer(both, logins, {
        env: {
          AUTHENTICATOR_DATABASE_URL: '',
          WORKER_DATABASE_URL: '',
          BACKUP_DATABASE_URL: '',
          MONITOR_DATABASE_URL: '',
          READ_DATABASE_URL: '',
        },
      });
      const ending = new AbortController();
      let promoted: Ended | undefined;
      const clients: Promise<void>[] = [];
      try {
        const registered = await ask(
          'mutation ($email: String!, $password: String!) { register(input: { email: $email, password: $password }) { authentication { token } } }',
          { email: 'bob@example.org', password: 'correct horse battery' },
        );
        token = registered.data.register.authentication.token;
        clients.push(...Array.from({ length: 4 }, () => chat(ending.signal)));
        await until(async () => acknowledged.size > 50);
        await primary.kill();
        const before = acknowledged.size;
        promoted = await ops(['promote', '--to', folder, '--old-primary', primary.dataDir], {
          DATABASE_URL: both,
        });
        expect(promoted, promoted.stderr).toMatchObject({ code: 0 });
        expect(promoted.stdout).not.toContain('Changes wait');
        expect(promoted.stdout).toMatch(/takes changes since .* on timeline 00000002\.\n.*Lost: \d+ commits/);
        await until(async () => acknowledged.size > before + 50);
        // the old primary comes back as it was: it is not gone back to
        await primary.start();
        const later = acknowledged.size;
        await until(async () => acknowledged.size > later + 20);
        ending.abort();
        await Promise.all(clients);
        expect(strange).toEqual([]);
        expect([started.child.exitCode, started.child.signalCode]).toEqual([null, null]);
        const rows = await onStandby(
          'select idempotency_key as key, id from app_public.messages where idempotency_key is not null',
        );
        const there = new Map(rows.map(({ key, id }) => [key as string, id as string]));
        const lost = [...acknowledged].filter(([key, id]) => there.get(key) !== id).length;
        const counted = Number(/Lost: (\d+) commits/.exec(promoted.stdout)![1]);
        expect(lost).toBeLessThanOrEqual(isSynchronous ? 0 : counted);
        if (!isSynchronous)
          process.stdout.write(
            `An asynchronous standby was promoted: ${counted} commits lost by the count, of ${acknowledged.size} acknowledged messages ${lost}\n`,
          );
        // the worker, too
        await ask(
          'mutation { createDocument(input: { title: "After", content: "Fog until noon." }) { document { id } } }',
        );
        await until(async () => {
          const { data } = await ask('{ indexingProgress { isComplete chunks } }');
          return data?.indexingProgress?.isComplete && Number(data.indexingProgress.chunks) > 0;
        });
        expect(started.log().some(({ msg }) => msg === 'Another server is the primary now')).toBe(true);
      } finally {
        ending.abort();
        await Promise.allSettled(clients);
        started.child.kill('SIGKILL');
        await started.exit;
      }
      expect(existsSync(join(folder, 'standby.signal'))).toBe(false);
      expect(
        await onStandby(`select outcome from app_hidden.maintenance_runs where task = 'replica-promote'`),
      ).toEqual([{ outcome: 'succeeded' }]);
      // it mails and spends, as the old primary did
      expect(promoted?.stdout).toContain('It is adopted');
      expect(await onStandby('select app_private.copy_reason() as quarantine')).toEqual([
        { quarantine: null },
      ]);
    });

    it('changes the primary as planned, and loses nothing: the runbook, after its last step of a failover', {
      timeout: LONG,
    }, async () => {
      await primary.kill();
      const next = join(parent, 'next');
      const nextPort = await freePort();
      const BACKUP_DATABASE_URL = changeAddress(env.BACKUP_DATABASE_URL!, (url) => (url.port = String(port)));
      const own = settings().map((one) =>
        one.replace(`port=${port}`, `port=${nextPort}`).replace(`=${folder}`, `=${next}`),
      );
      const made = await ops(['add', '--to', next, '--slot', 'next', '--start', ...own], {
        DATABASE_URL: standbyUrl,
        BACKUP_DATABASE_URL,
      });
      expect(made, made.stderr).toMatchObject({ code: 0 });
      await onStandby(`create table public.planned as select generate_series(1, 5000) as n`);
      const line = /`pg_ctl --pgdata FOLDER (.*?)`/.exec(
        readFileSync('docs/operations/replication.md', 'utf8'),
      )![1]!;
      const user = await serverUser(folder);
      await runProgram(join(binaries.bin, 'pg_ctl'), ['--pgdata', folder, ...line.split(' ')], {
        cwd: '/',
        user,
      });
      const promoted = await ops(['promote', '--to', next, '--old-primary', folder], {
        DATABASE_URL: standbyUrl,
      });
      expect(promoted, promoted.stderr).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Lost: 0 commits'),
      });
      expect(promoted.stdout).toContain('It is adopted');
      const there = serverDatabase(changeAddress(primary.url, (url) => (url.port = String(nextPort))));
      try {
        const { rows } = await there.pool('admin').query('select count(*)::int as n from public.planned');
        expect(rows).toEqual([{ n: 5000 }]);
      } finally {
        await there.close();
        await stopPostmaster(runningPostmaster(next)!.pid, 'immediate');
      }
    });
  });
});
