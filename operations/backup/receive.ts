import { findProgram, runProgram } from '../programs.ts';

/** The name by which the server knows the receiver: of its slot, and in synchronous_standby_names. */
export const RECEIVER = 'colloquy_receive';

export interface ReceiveOptions {
  url: string;
  serverVersion: number;
  folder: string;
  slot: string;
  synchronous: boolean;
  /** Removes the slot, and receives nothing. */
  dropSlot?: boolean;
  signal: AbortSignal;
  say: (line: string) => void;
}

/**
 * Receives the log into a folder until the signal. It connects again by itself, and goes on where it ended: the slot has the server keep
 * what was not received.
 */
export async function receiveWal(options: ReceiveOptions): Promise<void> {
  const { url, folder, slot, synchronous, dropSlot, signal, say } = options;
  const program = await findProgram('pg_receivewal', options.serverVersion);
  const run = (args: string[]): Promise<unknown> =>
    runProgram(program, ['--no-password', `--slot=${slot}`, ...args], {
      url,
      env: { PGAPPNAME: RECEIVER },
      signal,
      onLine: say,
    });
  if (dropSlot) {
    await run(['--drop-slot']);
    return;
  }
  await run(['--create-slot', '--if-not-exists']);
  try {
    await run([
      `--directory=${folder}`,
      '--verbose',
      '--status-interval=2',
      ...(synchronous ? ['--synchronous'] : []),
    ]);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
