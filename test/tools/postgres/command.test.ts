import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithBinaries, one, openTemporaryFolder } from './support.ts';

const script = join(import.meta.dirname, '../../../tools/postgres.ts');

function postgres(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out: out.trim(), err }),
    );
  });
}

describe('npm run postgres', () => {
  it('explains itself, and each of its commands', async () => {
    const { code, out } = await postgres('--help');
    expect(code).toBe(0);
    for (const name of ['install', 'start', 'stop', 'status', 'psql', 'url'])
      expect(out).toContain(`  ${name} `);
    expect(await postgres('start', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--port'),
    });
  });

  it('ends with 2 on what it does not know', async () => {
    expect(await postgres('begin')).toMatchObject({ code: 2, err: expect.stringContaining("'begin'") });
    expect(await postgres('start', '--port', '70000')).toMatchObject({
      code: 2,
      err: expect.stringContaining('70000'),
    });
    expect(await postgres('start', '--set', 'jit')).toMatchObject({
      code: 2,
      err: expect.stringContaining('name=value'),
    });
  });
});

await describeWithBinaries('npm run postgres with a server', () => {
  let folder: string;
  let dir: string;
  beforeAll(() => {
    folder = openTemporaryFolder();
    dir = join(folder, 'server');
  });
  afterAll(async () => {
    await postgres('stop', '--dir', dir, '--mode', 'immediate');
    rmSync(folder, { recursive: true, force: true });
  });

  it('has no state before the start', async () => {
    const status = await postgres('status', '--json', '--dir', dir);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.out)).toEqual({ dir, made: false, running: false });
    expect(await postgres('url', '--dir', dir)).toMatchObject({
      code: 1,
      err: expect.stringContaining('CQ028'),
    });
    expect(existsSync(dir)).toBe(false);
  });

  it('starts once, hands out the URL and psql, and stops', async () => {
    const [first, second] = await Promise.all([
      postgres('start', '--json', '--dir', dir, '--set', 'work_mem=7MB'),
      postgres('start', '--json', '--dir', dir, '--set', 'work_mem=7MB'),
    ]);
    expect([first.code, second.code]).toEqual([0, 0]);
    const [a, b] = [JSON.parse(first.out), JSON.parse(second.out)];
    expect(a.pid).toBe(b.pid);
    expect([a.started, b.started].sort()).toEqual([false, true]);

    const { out: url } = await postgres('url', '--dir', dir);
    expect(await one(url, 'show work_mem')).toBe('7MB');
    expect(await one(url, 'show fsync')).toBe('on');
    const status = await postgres('status', '--dir', dir);
    expect(status).toMatchObject({ code: 0, out: expect.stringContaining(`:${a.port}/`) });
    expect(status.out).not.toContain(new URL(url).password);

    expect(await postgres('psql', '--dir', dir, '-Atc', "select 'héllo'")).toMatchObject({
      code: 0,
      out: 'héllo',
    });
    expect(await postgres('psql', '--dir', dir, '-v', 'ON_ERROR_STOP=1', '-c', 'nonsense')).toMatchObject({
      code: 1,
    });
    expect(await postgres('start', '--dir', dir, '--port', '1')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`already runs, on port ${a.port}`),
    });

    expect(await postgres('stop', '--dir', dir)).toMatchObject({ code: 0, out: 'Stopped (fast)' });
    expect(await postgres('stop', '--dir', dir)).toMatchObject({ code: 0, out: `Nothing runs in ${dir}` });
    expect(await postgres('status', '--dir', dir)).toMatchObject({ code: 1 });
    await expect(one(url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  });
});
