import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { isOnThisMachine } from '../../operations/indexes/disk.ts';
import { type Advice, advise } from '../../operations/tune/advise.ts';
import { comparable, compareSettings, keyOf } from '../../operations/tune/compare.ts';
import type { Machine } from '../../operations/tune/machine.ts';
import { query } from '../sql/databases.ts';
import { testBinaries } from '../support/binaries.ts';
import { LONG } from '../support/limits.ts';
import { type OwnServer, openOwnServer } from '../support/own-server.ts';
import { describeReal } from '../support/server.ts';

const MB = 2 ** 20;
const machines = fc.record({
  memoryMb: fc.integer({ min: 512, max: 4_000_000 }),
  cpus: fc.integer({ min: 1, max: 512 }),
  storage: fc.constantFrom('ssd', 'hdd'),
  connections: fc.integer({ min: 1, max: 100_000 }),
  vectorBuildMb: fc.integer({ min: 0, max: 1_000_000 }),
  databaseMb: fc.integer({ min: 1, max: 100_000_000 }),
  preloaded: fc.constantFrom([], ['auto_explain'], ['pg_stat_statements']),
  hasStatements: fc.boolean(),
  hasLz4: fc.boolean(),
}) as fc.Arbitrary<Machine>;
const figureOf = (advice: Advice[], setting: string): number =>
  comparable(advice.find((one) => one.setting === setting)!.value) as number;

describe('advice', () => {
  it('stays within sane bounds on any machine, and fits itself', () => {
    fc.assert(
      fc.property(machines, (machine) => {
        const advice = advise(machine);
        const of = (setting: string) => figureOf(advice, setting);
        const memory = machine.memoryMb * MB;
        expect(of('shared_buffers')).toBeLessThanOrEqual(0.4 * memory);
        expect(of('shared_buffers')).toBeGreaterThanOrEqual(32 * MB);
        expect(of('effective_cache_size')).toBeLessThanOrEqual(memory);
        expect(of('maintenance_work_mem')).toBeLessThanOrEqual(Math.max(64 * MB, memory / 8 + MB));
        // pgvector and PostgreSQL take no less
        expect(of('maintenance_work_mem')).toBeGreaterThanOrEqual(32 * MB);
        expect(
          of('autovacuum_work_mem') * of('autovacuum_max_workers') + of('shared_buffers'),
        ).toBeLessThanOrEqual(0.75 * memory);
        expect(of('work_mem')).toBeGreaterThanOrEqual(4 * MB);
        if (of('work_mem') > 4 * MB)
          expect(of('work_mem') * machine.connections * 3).toBeLessThanOrEqual(memory);
        expect(of('max_connections')).toBeLessThanOrEqual(1000);
        expect(of('max_parallel_workers')).toBeLessThanOrEqual(of('max_worker_processes'));
        expect(of('min_wal_size')).toBeLessThan(of('max_wal_size'));
        expect(of('embedding_index_memory_mb')).toBeLessThanOrEqual(8192);
        expect(advice.filter(({ reason, value }) => reason.length < 10 || value === '')).toEqual([]);
        // what was done is not asked for again
        const done = new Map(
          advice.map((one) => [
            keyOf(one),
            { setting: one.value, unit: null, context: 'sighup', isPending: false },
          ]),
        );
        expect(compareSettings(advice, done).filter(({ state }) => state !== 'fits')).toEqual([]);
      }),
    );
  });

  it('compares values by what they mean', () => {
    expect(comparable('16384', '8kB')).toBe(comparable('128MB'));
    expect(comparable('900', 's')).toBe(comparable('15min'));
    expect(comparable('1.1')).toBe(1.1);
    expect(comparable('"a", b')).toBe(comparable('a, b'));
    expect(comparable('on')).not.toBe(comparable('off'));
  });

  it('knows which servers are on this machine', () => {
    for (const url of [
      'postgres://a@localhost/b',
      'postgres://a:b@127.0.0.1:5/c',
      'postgresql://a@[::1]:5/c',
      'postgres:///a?host=/run/x',
      'postgres://a@/b?host=%2Frun',
    ])
      expect(isOnThisMachine(url), url).toBe(true);
    for (const url of [
      'postgres://a@db.example.org/b',
      'postgres://a@127.0.0.1.example.org/b',
      'postgres:///b?host=db.example.org',
      'postgres://a:127.0.0.1@10.0.0.1/b',
    ])
      expect(isOnThisMachine(url), url).toBe(false);
  });
});

describeReal('npm run ops -- tune', () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await openOwnServer(await testBinaries());
  }, LONG);
  afterAll(() => server?.stop());

  async function tune(
    url: string,
    ...words: string[]
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'silent' };
    try {
      const ended = await promisify(execFile)(process.execPath, ['scripts/ops.ts', 'tune', ...words], {
        cwd: projectFolder,
        env,
      });
      return { code: 0, ...ended };
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string };
    }
  }
  const size = ['--memory', '8', '--cpus', '4', '--connections', '60'];

  it(
    'says what differs and why, changes it once, and what waits for a restart is there after it',
    async () => {
      const shown = await tune(server.url, ...size);
      expect(shown.code, shown.stderr).toBe(1);
      expect(shown.stdout).toMatch(/shared_buffers\s+\S+ 8kB\s+2048MB\s+differs, needs a restart/);
      expect(shown.stdout).toContain("alter system set random_page_cost = '1.1';");
      expect(shown.stdout).toContain("alter role colloquy_monitor set lock_timeout = '5s';");
      // a dry run changes nothing
      const dry = await tune(server.url, ...size, '--storage', 'hdd', '--apply', '--dry-run');
      expect([dry.code, dry.stdout]).toEqual([1, expect.not.stringContaining('random_page_cost =')]);
      expect(await query(server.url, 'show random_page_cost')).toEqual([{ random_page_cost: '4' }]);

      const applied = JSON.parse((await tune(server.url, ...size, '--apply', '--json')).stdout);
      expect(applied.applied.length).toBeGreaterThan(15);
      const again = await tune(server.url, ...size, '--json');
      expect(again.code, again.stdout).toBe(0);
      const states = new Map(
        JSON.parse(again.stdout).settings.map((one: { setting: string; state: string }) => [
          one.setting,
          one.state,
        ]),
      );
      expect([
        states.get('random_page_cost'),
        states.get('shared_buffers'),
        states.get('embedding_index_memory_mb'),
      ]).toEqual(['fits', 'waits for a restart', 'fits']);
      await server.restart('fast');
      const settled = await tune(server.url, ...size, '--json');
      expect(settled.code, settled.stderr).toBe(0);
      const { settings } = JSON.parse(settled.stdout) as { settings: { setting: string; state: string }[] };
      expect(settings.filter(({ state }) => state !== 'fits')).toEqual([]);
      expect(await query(server.url, 'show shared_buffers')).toEqual([{ shared_buffers: '2GB' }]);
    },
    LONG,
  );

  it('refuses what it cannot do', async () => {
    const elsewhere = server.url.replace('127.0.0.1', '127.0.0.1.nip.invalid');
    expect((await tune(elsewhere)).code).toBe(2);
    expect((await tune(server.url, '--memory', '0')).code).toBe(2);
    await query(
      server.url,
      `create role dba login createrole password 'x'; grant colloquy_owner, colloquy_monitor to dba`,
    );
    const url = new URL(server.url);
    [url.username, url.password] = ['dba', 'x'];
    const refused = await tune(url.href, ...size, '--connections', '70', '--memory', '9', '--apply');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/CQ658/);
  });
});
