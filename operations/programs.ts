import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { env } from '../lib/env.ts';
import { ColloquyError, errorCode } from '../lib/errors.ts';
import { connectionVariables } from './connection-variables.ts';

/** Programs of PostgreSQL that commands use. Debian has the first ones in postgresql-client-18, the rest in postgresql-18. */
export const CLIENT_PROGRAMS = [
  'pg_basebackup',
  'pg_dump',
  'pg_restore',
  'pg_receivewal',
  'psql',
  'pg_amcheck',
] as const;
export const SERVER_PROGRAMS = [
  'pg_verifybackup',
  'pg_combinebackup',
  'pg_archivecleanup',
  'pg_waldump',
  'pg_controldata',
  'pg_ctl',
  'pg_rewind',
  'initdb',
  'postgres',
] as const;
export type ProgramName = (typeof CLIENT_PROGRAMS)[number] | (typeof SERVER_PROGRAMS)[number];

/** Folders in which installers put the programs of a version. */
const usualFolders = (major: number): string[] => [
  `/usr/lib/postgresql/${major}/bin`,
  `/usr/pgsql-${major}/bin`,
  `/opt/homebrew/opt/postgresql@${major}/bin`,
  `/usr/local/opt/postgresql@${major}/bin`,
  `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
  '/usr/local/pgsql/bin',
];

/** What a program says, or undefined where there is none. */
const answer = (file: string, args: string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(file, args, { timeout: 30_000 }, (error, stdout) => resolve(error ? undefined : stdout.trim()));
  });

/** The major version of a program, which it says itself: `pg_dump (PostgreSQL) 18.6 (Debian …)`. */
async function majorOf(path: string): Promise<number | undefined> {
  const said = await answer(path, ['--version']);
  const major = /\(PostgreSQL\) (\d+)/.exec(said ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}

const found = new Map<string, Promise<string>>();

async function find(name: ProgramName, major: number): Promise<string> {
  const configured = env.PG_BIN ? undefined : await answer('pg_config', ['--bindir']);
  const onPath = env.PG_BIN ? undefined : await answer('/bin/sh', ['-c', `command -v ${name}`]);
  const candidates = env.PG_BIN
    ? [join(env.PG_BIN, name)]
    : [
        ...(configured ? [join(configured, name)] : []),
        ...(onPath ? [onPath] : []),
        ...usualFolders(major).map((folder) => join(folder, name)),
      ];
  const others: string[] = [];
  for (const path of new Set(candidates)) {
    if (!existsSync(path)) continue;
    const version = await majorOf(path);
    if (version === major) return path;
    others.push(`${path} ${version === undefined ? 'does not start' : `is of version ${version}`}`);
  }
  const isClient = CLIENT_PROGRAMS.some((client) => client === name);
  const where = env.PG_BIN ? `in PG_BIN, ${env.PG_BIN}` : 'on this machine';
  throw new ColloquyError(
    'CQ604',
    `There is no ${name} of PostgreSQL ${major} ${where}${others.length > 0 ? `: ${others.join(', ')}` : ''}.`,
    {
      hint: `Install PostgreSQL ${major} (Debian: ${isClient ? `postgresql-client-${major}` : `postgresql-${major}`}), or set PG_BIN to the folder of its programs.`,
    },
  );
}

/**
 * The path of a program of PostgreSQL: in PG_BIN when it is set; else where pg_config says, on the PATH, or where installers put it.
 * @param serverVersion  server_version_num, 180006: the program must be of the same major version
 * @throws ColloquyError CQ604 when there is none
 */
export function findProgram(name: ProgramName, serverVersion: number): Promise<string> {
  const major = Math.floor(serverVersion / 10_000);
  const key = `${name} ${major}`;
  const path = found.get(key) ?? find(name, major);
  found.set(key, path);
  // one that was installed meanwhile is found by the next call
  path.catch(() => found.delete(key));
  return path;
}

export interface ProgramOptions {
  /** The connection string of a login. The program gets it by its environment: arguments are seen by every user of the machine. */
  url?: string;
  /** Further variables. */
  env?: Record<string, string>;
  /** Ends the program: politely, and after ten seconds by force. */
  signal?: AbortSignal;
  /** Each line that it writes to standard error, and each state of a progress bar. */
  onLine?: (line: string) => void;
  /** What it reads. */
  input?: Readable;
  /** Where standard output goes; without it, its first mebibyte is returned. */
  output?: Writable;
  cwd?: string;
  /** Another user of the operating system: the server's programs refuse to run as root. */
  user?: { uid: number; gid: number } | undefined;
}

export interface ProgramResult {
  stdout: string;
  /** The last lines. */
  stderr: string;
}

/** What is kept of what a program says: no program can fill the memory. */
const KEPT = 1024 * 1024;
const LINES_KEPT = 20;
const PATIENCE = 10_000;

/** Hands lines on as they come; a progress bar ends them with a carriage return. */
function lines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (piece: string) => {
    const parts = `${rest}${piece}`.split(/[\r\n]+/);
    rest = parts.pop()!.slice(-KEPT);
    for (const line of parts) if (line.trim() !== '') onLine(line.trimEnd());
  });
  stream.on('end', () => {
    if (rest.trim() !== '') onLine(rest.trimEnd());
  });
}

function endWith(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  let force: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    force = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  };
  // what this process started ends with it
  const endAtExit = (): void => void child.kill('SIGKILL');
  process.once('exit', endAtExit);
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  return () => {
    clearTimeout(force);
    process.off('exit', endAtExit);
    signal?.removeEventListener('abort', end);
  };
}

/**
 * Runs a program to its end.
 * @param path  from findProgram
 * @throws ColloquyError CQ605 with its last words when it fails; the signal's reason when that ended it
 */
export async function runProgram(
  path: string,
  args: string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { signal, input, output, user } = options;
  signal?.throwIfAborted();
  const spawned: SpawnOptions = {
    // nothing of this process's environment, which holds secrets; words in English, which are looked at
    env: { LC_ALL: 'C', ...(options.url ? connectionVariables(options.url) : {}), ...options.env },
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(user ?? {}),
  };
  const child = spawn(path, args, spawned);
  const forget = endWith(child, signal);
  const last: string[] = [];
  lines(child.stderr!, (line) => {
    if (last.push(line) > LINES_KEPT) last.shift();
    options.onLine?.(line);
  });
  let stdout = '';
  if (!output) {
    child.stdout!.setEncoding('utf8');
    child.stdout!.on('data', (piece: string) => {
      if (stdout.length < KEPT) stdout += piece;
    });
  }
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, by) => resolve(code === 0 ? '' : `ended by ${by ?? `exit code ${code}`}`));
  });
  const isEndOfReader = (error: unknown): boolean =>
    ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error) ?? '');
  try {
    await Promise.all([
      closed,
      // it may end before it has read everything: its own words say why
      ...(input
        ? [
            pipeline(input, child.stdin!).catch((error) => {
              if (!isEndOfReader(error)) throw error;
            }),
          ]
        : []),
      ...(output ? [pipeline(child.stdout!, output)] : []),
    ]).catch(async (error) => {
      child.kill('SIGKILL');
      await closed;
      throw error;
    });
    const how = await closed;
    signal?.throwIfAborted();
    if (how !== '') {
      const name = path.slice(path.lastIndexOf('/') + 1);
      throw new ColloquyError('CQ605', `${name} ${how}: ${last.join('\n').trim() || 'it said nothing'}`, {
        hint: 'Its own words above say what is wrong; correct it and run this again.',
      });
    }
    return { stdout, stderr: last.join('\n') };
  } finally {
    forget();
  }
}
