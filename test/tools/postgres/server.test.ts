import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { processRuns } from '../../../operations/postmaster.ts';
import { type Cluster, createCluster, openCluster } from '../../../tools/postgres/cluster.ts';
import { redirectZoneinfo } from '../../../tools/postgres/packages.ts';
import { HOST_ZONEINFO, hostHasZoneinfo } from '../../../tools/postgres/places.ts';
import { run } from '../../../tools/postgres/run.ts';
import { scratchServer } from '../../../tools/postgres/scratch.ts';
import { runningServer, type Server, startServer } from '../../../tools/postgres/server.ts';
import { describeWithBinaries, one, openTemporaryFolder, withClient } from './support.ts';

await describeWithBinaries('a private server', (binaries) => {
  let folder: string;
  let server: Server;
  /** One that is not started, for what must not start. */
  let spare: Cluster;

  beforeAll(async () => {
    folder = openTemporaryFolder();
    const cluster = await createCluster(join(folder, 'a'), { binaries });
    spare = await createCluster(join(folder, 'spare'), { binaries, durable: false });
    server = await startServer(cluster, { binaries });
  });
  afterAll(async () => {
    await server?.stop('immediate');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is PostgreSQL 18 with pgvector and UTF-8 character classes', async () => {
    expect(Number(await one(server.url, "select current_setting('server_version_num')"))).toBeGreaterThan(
      180000,
    );
    await withClient(server.url, async (client) => {
      await client.query('create extension vector');
      await client.query('create extension pg_trgm');
      const { rows } = await client.query(`
        select '[1,2]'::vector <-> '[4,6]'::vector as distance, upper('äöß') as upper,
               to_tsvector('german', 'Die Übungen')::text as words, show_trgm('Öl') <> '{}' as trigrams`);
      expect(rows[0]).toEqual({ distance: 5, upper: 'ÄÖß', words: "'ubung':2", trigrams: true });
    });
  });

  it('knows time zones', async () => {
    const local = await withClient(server.url, async (client) => {
      await client.query("set timezone = 'Europe/Berlin'");
      return (await client.query("select '2026-07-01 12:00+00'::timestamptz::text as at")).rows[0].at;
    });
    expect(local).toBe('2026-07-01 14:00:00+02');
    await expect(
      one(server.url, "select set_config('timezone', 'Europe/Nowhere', false)"),
    ).rejects.toMatchObject({
      code: '22023',
    });
  });

  it('lets nobody in over TCP without the password', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(one(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await one(server.url, 'select inet_server_addr()::text')).toBe('127.0.0.1/32');
  });

  it('lets the owner of its folder in over the socket, and nobody else can enter that folder', async () => {
    expect(await one(server.socketUrl, 'select inet_server_addr()')).toBeNull();
    expect(statSync(server.cluster.dir).mode & 0o077).toBe(0);
    expect(statSync(join(server.cluster.dir, 'cluster.json')).mode & 0o077).toBe(0);
  });

  it('does not run as root', () => {
    if (!existsSync(`/proc/${server.pid}`)) return;
    expect(statSync(`/proc/${server.pid}`).uid).not.toBe(0);
  });

  it('is found again by its folder', async () => {
    const cluster = await openCluster(server.cluster.dir);
    expect(cluster && runningServer(cluster)).toMatchObject({ pid: server.pid, url: server.url });
  });

  it('refuses a folder that holds something else', async () => {
    mkdirSync(join(folder, 'other/data'), { recursive: true });
    await expect(createCluster(join(folder, 'other'), { binaries })).rejects.toMatchObject({ code: 'CQ023' });
  });

  it('says which port is taken', async () => {
    const start = startServer(spare, { binaries, port: server.port });
    await expect(start).rejects.toMatchObject({
      code: 'CQ023',
      hint: expect.stringContaining(`${server.port}`),
    });
  });

  it('says the last words of a server that cannot start', async () => {
    const start = startServer(spare, { binaries, settings: { shared_buffers: 'much' } });
    await expect(start).rejects.toThrow(/invalid value for parameter "shared_buffers": "much"/);
  });

  it('puts its socket elsewhere when the folder is too deep for one, and cleans up', async () => {
    const cluster = await createCluster(join(folder, 'deep'.repeat(30)), { binaries, durable: false });
    const deep = await startServer(cluster, { binaries, durable: false });
    expect(await one(deep.socketUrl, 'select 1')).toBe(1);
    const socket = new URL(deep.socketUrl.replace('@/', '@x/')).searchParams.get('host') as string;
    expect(socket.startsWith(cluster.dir)).toBe(false);
    await deep.stop('immediate');
    expect(existsSync(socket)).toBe(false);
  });

  it('recovers what was committed before kill -9, on the same port', async () => {
    const { port, pid } = server;
    await withClient(server.url, (client) =>
      client.query('create table kept as select generate_series(1, 1000) as n'),
    );
    await server.kill();
    expect(server.running()).toBe(false);
    await expect(one(server.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
    server = await startServer(server.cluster, { binaries });
    expect(server.pid).not.toBe(pid);
    expect(server.port).toBe(port);
    expect(await one(server.url, 'select count(*)::int from kept')).toBe(1000);
  });

  it('stops although a client stays, and says nothing runs the second time', async () => {
    await withClient(server.url, async (client) => {
      await client.query('begin');
      expect(await server.stop('smart')).toBe('fast');
    }).catch(() => {});
    expect(server.running()).toBe(false);
    expect(await server.stop()).toBe('not running');
    expect(runningServer(server.cluster)).toBeUndefined();
    server = await startServer(server.cluster, { binaries });
    // with little left to write down, it ends in the time that it is given before it is asked less politely
    await withClient(server.url, (client) => client.query('checkpoint'));
    expect(await server.stop('smart')).toBe('smart');
  });
});

await describeWithBinaries('time zones on a host without any', (binaries) => {
  it.runIf(binaries.source === 'packages' && hostHasZoneinfo())(
    'come from the folder of the server',
    async () => {
      const folder = openTemporaryFolder();
      const root = join(binaries.bin, '../../../../..');
      await run('cp', ['-a', root, join(folder, 'pg')]);
      const bin = join(folder, 'pg/usr/lib/postgresql/18/bin');
      redirectZoneinfo(bin);
      // A zone that no host has proves which folder is read.
      const zoneinfo = join(folder, 'zones');
      mkdirSync(join(zoneinfo, 'Proof'), { recursive: true });
      for (const [from, to] of Object.entries({ UTC: 'UTC', 'Europe/Berlin': 'Proof/Here' })) {
        copyFileSync(join(HOST_ZONEINFO, from), join(zoneinfo, to));
      }
      const own = { ...binaries, bin, zoneinfo };
      const cluster = await createCluster(join(folder, 'a'), { binaries: own, durable: false });
      const server = await startServer(cluster, { binaries: own, durable: false });
      try {
        const set = (zone: string) => one(server.url, `select set_config('timezone', '${zone}', false)`);
        expect(await set('Proof/Here')).toBe('Proof/Here');
        await expect(set('Europe/Berlin')).rejects.toMatchObject({ code: '22023' });
      } finally {
        await server.stop('immediate');
        rmSync(folder, { recursive: true });
      }
    },
  );
});

await describeWithBinaries('a scratch server', (binaries) => {
  let cache: string;
  beforeAll(() => {
    cache = openTemporaryFolder();
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));
  const folders = (): string[] => readdirSync(join(cache, 'scratch')).filter((name) => !name.includes('.'));
  afterEach(() => expect(folders()).toEqual([]));

  it('is gone afterwards with its folder', async () => {
    const scratch = await scratchServer(binaries, { cache });
    expect(await one(scratch.server.url, 'show fsync')).toBe('off');
    expect(folders()).toHaveLength(1);
    await scratch.stop();
    expect(scratch.server.running()).toBe(false);
  });

  it('of a run that was killed is ended and removed by the next, and that of a live run is not', async () => {
    const module = join(import.meta.dirname, '../../../tools/postgres/scratch.ts');
    const program = `
      const { scratchServer } = await import(${JSON.stringify(module)});
      const { server } = await scratchServer(${JSON.stringify(binaries)}, { cache: ${JSON.stringify(cache)} });
      process.stdout.write(server.pid + '\\n');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const beside = await scratchServer(binaries, { cache });
    expect(processRuns(Number(pid))).toBe(true);
    expect(folders()).toHaveLength(2);
    await beside.stop();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(processRuns(Number(pid))).toBe(true);
    const next = await scratchServer(binaries, { cache });
    expect(processRuns(Number(pid))).toBe(false);
    expect(folders()).toHaveLength(1);
    await next.stop();
  });

  it('can be kept for a look, until newer ones are', async () => {
    const kept: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const scratch = await scratchServer(binaries, { cache, retain: 1 });
      kept.push(scratch.server.cluster.dir);
      await scratch.stop({ keep: true });
    }
    // The last one was kept after its own sweep: one before it, and itself.
    expect(kept.map((dir) => existsSync(join(dir, 'data')))).toEqual([false, true, true]);
    const cluster = (await openCluster(kept[2] as string))!;
    const again = await startServer(cluster, { binaries, durable: false });
    expect(await one(again.url, 'select 1')).toBe(1);
    await again.stop('fast');
    for (const dir of kept) rmSync(dir, { recursive: true, force: true });
  });
});
