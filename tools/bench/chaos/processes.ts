import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { ColloquyError } from '../../../lib/errors.ts';
import { projectFolder } from '../../../lib/migrations.ts';
import { run, tail } from '../../postgres/run.ts';
import { freePort } from '../../postgres/server.ts';
import { median } from '../harness.ts';

export interface Program {
  name: 'API' | 'worker';
  pid: number;
  /** How it ended, when it did. */
  ended(): string | undefined;
  /** Resident memory in MB, over the run. */
  readonly memory: number[];
  stop(): Promise<void>;
}

export interface Programs {
  url: string;
  all: Program[];
}

/** Resident memory of a run in MB: in its second quarter, when caches are filled, in its last, and at most. */
export function memoryOf(samples: number[]): { before: number; after: number; most: number } {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  if (samples.length === 0) return { before: 0, after: 0, most: 0 };
  return {
    before: median(samples.slice(quarter, 2 * quarter + 1)),
    after: median(samples.slice(-quarter)),
    most: Math.max(...samples),
  };
}

/** Resident memory in MB; undefined where there is no /proc. */
function residentMemory(pid: number): number | undefined {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found ? Number(found[1]) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

function launch(
  name: Program['name'],
  args: string[],
  env: NodeJS.ProcessEnv,
  folder: string,
): Program & { log: string } {
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'a', 0o600);
  const child: ChildProcess = spawn(process.execPath, ['scripts/start.ts', ...args], {
    cwd: projectFolder,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      DATA_DIR: folder,
      ...env,
    },
    stdio: ['ignore', output, output],
  });
  let how: string | undefined;
  const exit = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      how = `${signal ?? code}`;
      resolve();
    });
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const memory: number[] = [];
  const sampling = setInterval(() => {
    const now = child.pid === undefined ? undefined : residentMemory(child.pid);
    if (now !== undefined) memory.push(now);
  }, 1000).unref();
  return {
    name,
    pid: child.pid ?? 0,
    log,
    memory,
    ended: () => how,
    async stop() {
      clearInterval(sampling);
      process.off('exit', kill);
      if (how === undefined) child.kill('SIGTERM');
      const patience = setTimeout(kill, 60_000);
      await exit;
      clearTimeout(patience);
    },
  };
}

/** The passwords of the API and the worker, by login, as npm run logins makes them. */
export async function makeLogins(adminUrl: string, folder: string): Promise<Record<string, string>> {
  const made = await run(
    process.execPath,
    ['scripts/logins.ts', '--folder', folder, '--role', 'authenticator', 'worker'],
    { cwd: projectFolder, env: { ...process.env, DATABASE_URL: adminUrl } },
  );
  if (made.code !== 0) throw new ColloquyError('CQ023', `No logins could be made: ${tail(made.stderr)}`);
  return Object.fromEntries(
    ['authenticator', 'worker'].map((role) => {
      const text = readFileSync(join(folder, role, 'login.env'), 'utf8');
      const { username, password } = new URL(Object.values(parseEnv(text))[0]!);
      return [username, password];
    }),
  );
}

/** API and worker, each a process with its own login and nothing else, as docs/pooler.md starts them. */
export async function startPrograms(
  logins: { authenticator: string; worker: string },
  folder: string,
): Promise<Programs> {
  const port = await freePort();
  const api = launch(
    'API',
    ['--api-only', '--port', String(port)],
    { AUTHENTICATOR_DATABASE_URL: logins.authenticator, DATABASE_URL: '' },
    folder,
  );
  const worker = launch(
    'worker',
    ['--worker-only'],
    { WORKER_DATABASE_URL: logins.worker, DATABASE_URL: '' },
    folder,
  );
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    for (const program of [api, worker]) {
      if (program.ended() === undefined) continue;
      throw new ColloquyError(
        'CQ023',
        `The ${program.name} did not start: ${tail(readFileSync(program.log, 'utf8'))}`,
      );
    }
    // 200 says that the worker works, too
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) }).catch(
      () => undefined,
    );
    if (response?.ok) return { url, all: [api, worker] };
    await delay(100);
  }
}
