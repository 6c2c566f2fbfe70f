import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireFileLock, readLock, withFileLock } from '../../lib/lock.ts';

const module = join(import.meta.dirname, '../../lib/lock.ts');

/** A process that does as it is told, one line at a time, and answers each line. */
const WORKER = `
  import { createInterface } from 'node:readline';
  import { readFileSync, writeFileSync } from 'node:fs';
  const { acquireFileLock, withFileLock } = await import(${JSON.stringify(module)});
  const held = [];
  const orders = {
    async take(path) {
      try { held.push(await acquireFileLock(path, { what: 'it', data: { of: process.pid } })); return 'won'; }
      catch (error) { return error.code; }
    },
    async count(path) {
      for (let i = 0; i < 25; i += 1) {
        await withFileLock(path + '.lock', { what: 'the counter', wait: 60000 }, async () => {
          const before = Number(readFileSync(path, 'utf8'));
          await new Promise((resolve) => setImmediate(resolve));
          writeFileSync(path, String(before + 1));
        });
      }
      return 'counted';
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const [order, path] = line.split(' ');
    process.stdout.write(await orders[order](path) + '\\n');
  }`;

class Worker {
  readonly child: ChildProcess;
  readonly lines: Interface;
  constructor() {
    this.child = spawn(process.execPath, ['--input-type=module', '-e', WORKER], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.lines = createInterface({ input: this.child.stdout! });
  }
  async tell(order: string, path: string): Promise<string> {
    const answer = once(this.lines, 'line') as Promise<[string]>;
    this.child.stdin!.write(`${order} ${path}\n`);
    return (await answer)[0];
  }
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }
}

let dir: string;
let path: string;
let workers: Worker[];
const worker = (): Worker => {
  const made = new Worker();
  workers.push(made);
  return made;
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'colloquy-lock-'));
  path = join(dir, 'a.lock');
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((each) => each.end('SIGKILL')));
  rmSync(dir, { recursive: true });
});

/** The lock of a process that was killed while it held it. */
async function leaveStale(at: string): Promise<void> {
  const victim = worker();
  expect(await victim.tell('take', at)).toBe('won');
  await victim.end('SIGKILL');
}

describe('a file lock', () => {
  it('is refused while a live process holds it, and the error says who, since when and what to do', async () => {
    const other = worker();
    expect(await other.tell('take', path)).toBe('won');
    const refusal = acquireFileLock(path, { what: 'The data folder' });
    await expect(refusal).rejects.toMatchObject({ code: 'CQ010' });
    await expect(refusal).rejects.toThrow(
      new RegExp(`^The data folder is in use by process ${other.child.pid} since \\d{4}-\\d\\d-\\d\\dT`),
    );
    await expect(refusal).rejects.toMatchObject({ hint: expect.stringContaining(`kill ${other.child.pid}`) });
    expect(readLock(path)?.data).toEqual({ of: other.child.pid });
  });

  it('is refused to the process that holds it already', async () => {
    await withFileLock(path, 'it', async () => {
      await expect(acquireFileLock(path, { what: 'it' })).rejects.toThrow('this process itself');
    });
    expect(readLock(path)).toBeUndefined();
  });

  it('is waited for, and had once the holder ends', async () => {
    const other = worker();
    expect(await other.tell('take', path)).toBe('won');
    const waiting = acquireFileLock(path, { what: 'it', wait: 30_000 });
    expect(readLock(path)?.pid).toBe(other.child.pid);
    await other.end('SIGTERM');
    const lock = await waiting;
    expect(readLock(path)?.pid).toBe(process.pid);
    lock.release();
  });

  it('is taken over from a process that was killed', async () => {
    await leaveStale(path);
    expect(readFileSync(path, 'utf8')).not.toBe('');
    expect(readLock(path)).toBeUndefined();
    const lock = await acquireFileLock(path, { what: 'it' });
    expect(readLock(path)?.token).toBe(lock.record.token);
    lock.release();
  });

  it('goes to exactly one of several that find the same dead holder at the same time', async () => {
    await leaveStale(path);
    const stale = readFileSync(path, 'utf8');
    const rivals = [worker(), worker(), worker(), worker()];
    for (let round = 0; round < 40; round += 1) {
      const at = join(dir, `round-${round}.lock`);
      writeFileSync(at, stale);
      const answers = await Promise.all(rivals.map((rival) => rival.tell('take', at)));
      expect(answers.sort(), `round ${round}`).toEqual(['CQ010', 'CQ010', 'CQ010', 'won']);
    }
  });

  it('keeps read-then-write sections of several processes apart', async () => {
    const counter = join(dir, 'counter');
    writeFileSync(counter, '0');
    const counters = [worker(), worker(), worker()];
    await Promise.all(counters.map((each) => each.tell('count', counter)));
    expect(readFileSync(counter, 'utf8')).toBe('75');
  });

  it.runIf(process.platform === 'linux')('does not mistake a reused pid for the holder', async () => {
    const lock = await acquireFileLock(path, { what: 'it' });
    writeFileSync(path, JSON.stringify({ ...lock.record, token: 'another', process: '00000000-1' }));
    expect(readLock(path)).toBeUndefined();
    (await acquireFileLock(path, { what: 'it' })).release();
  });

  it('is taken over when its file is old and unreadable, as after a crash while writing', async () => {
    writeFileSync(path, '{"pid": 12');
    utimesSync(path, new Date(0), new Date(0));
    const lock = await acquireFileLock(path, { what: 'it' });
    expect(readLock(path)?.pid).toBe(process.pid);
    lock.release();
  });

  it('tells others what the holder wants them to know, also when that changes', async () => {
    const lock = await acquireFileLock(path, { what: 'it', data: { socket: 'a' } });
    expect(readLock(path)?.data).toEqual({ socket: 'a' });
    lock.update({ socket: 'b' });
    expect(readLock(path)?.data).toEqual({ socket: 'b' });
    lock.release();
    lock.release();
    expect(readLock(path)).toBeUndefined();
  });

  it('is given back when the work under it fails', async () => {
    const work = withFileLock(path, 'it', async () => {
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(readLock(path)).toBeUndefined();
  });
});
