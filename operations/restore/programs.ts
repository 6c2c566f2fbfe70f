import { ColloquyError } from '../../lib/errors.ts';
import {
  findProgram,
  type ProgramName,
  type ProgramOptions,
  type ProgramResult,
  runProgram,
} from '../programs.ts';
import type { SystemUser } from '../system-user.ts';

/** Runs a program of PostgreSQL's as the user of the restored server. */
export type Program = (name: ProgramName, args: string[], options?: ProgramOptions) => Promise<ProgramResult>;

/** Its words are looked at, and its times are read: in English, in GMT, which is known without any file. */
const PLAIN = { LC_ALL: 'C', TZ: 'GMT' };

export function programs(
  serverVersion: number,
  user: SystemUser | undefined,
  signal: AbortSignal | undefined,
): Program {
  return async (name, args, options = {}) =>
    runProgram(await findProgram(name, serverVersion), args, {
      cwd: '/',
      ...(signal ? { signal } : {}),
      user,
      ...options,
      env: { ...PLAIN, ...options.env },
    });
}

const NO_ROOM = /No space left on device|Disk quota exceeded|File too large|\bENOSPC\b|\bEDQUOT\b/;

/** An error of a program or of the file system, told as a full disk where it is one. */
export function asNoRoom(error: unknown, folder: string): unknown {
  const text =
    error instanceof Error ? `${error.message} ${'code' in error ? error.code : ''}` : String(error);
  if (!NO_ROOM.test(text) || (error instanceof ColloquyError && error.code === 'CQ627')) return error;
  return new ColloquyError('CQ627', `There is no room left in ${folder}.`, {
    hint: 'Make room, or choose a folder on a larger disk; then run it again with --force, which begins anew there.',
    cause: error,
  });
}
