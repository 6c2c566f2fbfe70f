import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { Database } from '../../../lib/database.ts';
import { ColloquyError } from '../../../lib/errors.ts';
import { cpuSeconds, statOf } from '../proc.ts';
import { OPERATIONS, type Question } from './operations.ts';
import type { Wire } from './server.ts';

export type Side = 'ours' | 'byHand';

export interface Caller {
  token: string;
  workspace: string;
}

export interface BenchServer {
  side: Side;
  pid: number;
  /** Asks once. @returns whether it was answered, and not refused because there is too much to do */
  ask(name: string, question: Question, caller: Caller): Promise<boolean>;
  /** What it has sent to the database so far. */
  wire(): Promise<Wire>;
  stop(): Promise<void>;
}

/** The next message of a process. Where it ends instead, its exit says so to everybody who waits. */
async function message<T>(child: ChildProcess): Promise<T> {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new ColloquyError('CQ023', `A server of the bench ended with ${code}.`);
  });
  ended.catch(() => {});
  try {
    return ((await Promise.race([once(child, 'message', { signal }), ended])) as T[])[0]!;
  } finally {
    ending.abort();
  }
}

/** Starts the API, or its counterpart that was written by hand, as a process of its own. */
export async function startServer(side: Side, database: Database): Promise<BenchServer> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [side, database.url('admin')], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const { url } = await message<{ url: string }>(child);
  const agent = new Agent({ keepAlive: true });
  return {
    side,
    pid: child.pid!,
    async ask(name, question, { token, workspace }) {
      const { document, variables } = OPERATIONS[name]!;
      const ours = side === 'ours';
      const body = JSON.stringify(ours ? { query: document, variables: variables(question) } : question);
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      request(
        `${url}/${ours ? 'graphql' : name}`,
        {
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            authorization: `Bearer ${token}`,
            'x-workspace-id': workspace,
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece) => {
            text += piece;
          });
          response.on('end', () => {
            const isFine = response.statusCode === 200 && !text.startsWith('{"errors"');
            if (isFine && !text.includes('"errors":[')) resolve(true);
            else if (response.statusCode === 503) resolve(false);
            else reject(new ColloquyError('CQ023', `${side} answered ${name} with ${text.slice(0, 500)}`));
          });
          response.on('error', reject);
        },
      )
        .on('error', reject)
        .end(body);
      return promise;
    },
    async wire() {
      child.send('wire');
      return message<Wire>(child);
    },
    async stop() {
      agent.destroy();
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** As statOf; undefined where there is no such process, or no /proc. */
function statIfThere(pid: number | string): string[] | undefined {
  try {
    return statOf(pid);
  } catch {
    return undefined;
  }
}

const cpuOf = (stat: string[] | undefined): number => (stat ? 1000 * cpuSeconds(stat) : 0);

/** Milliseconds of processor time so far, of a process, and of all processes of a PostgreSQL on this machine. */
export interface Cpu {
  node: number;
  postgres: number;
}

/** @param parent  the postmaster; undefined where it is on another machine */
export function cpuNow(pid: number, parent: string | undefined): Cpu {
  const children = parent ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  const stats = children.map(statIfThere).filter((stat) => stat?.[1] === parent);
  return { node: cpuOf(statIfThere(pid)), postgres: stats.reduce((sum, stat) => sum + cpuOf(stat), 0) };
}

/** The postmaster of a server on this machine. */
export async function postmasterOf(database: Database): Promise<string | undefined> {
  const { rows } = await database.pool('admin').query('select pg_backend_pid() as pid');
  return statIfThere(rows[0].pid)?.[1];
}
