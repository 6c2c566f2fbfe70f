import { ColloquyError } from '../../lib/errors.ts';
import type { RestoreFolder } from './folder.ts';
import type { Program } from './programs.ts';

/** Starts a restored server by its own settings, on a port of this machine, where it stays. */
export async function serve(run: Program, folder: RestoreFolder, port: number): Promise<void> {
  const settings = { port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  try {
    await run('pg_ctl', [
      'start',
      '--wait',
      `--pgdata=${folder.data}`,
      `--log=${folder.log}`,
      `--options=${options.join(' ')}`,
    ]);
  } catch (error) {
    if (!(error instanceof ColloquyError) || error.code !== 'CQ605') throw error;
    throw new ColloquyError('CQ628', `The restored server does not start on port ${port}: ${error.message}`, {
      hint: `It is whole, and ended in order. Its log is ${folder.log}: a port that is taken, or settings for another machine in ${folder.data}/postgresql.conf.`,
      cause: error,
    });
  }
}
