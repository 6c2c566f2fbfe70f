import { type ExecFileOptions, execFile } from 'node:child_process';
import { errorCode } from '../../lib/errors.ts';

export interface RunResult {
  /** Exit code; 127 when the program does not exist, 128 when a signal ended it. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. Never throws: a missing program is code 127, as in a shell. */
export function run(file: string, args: string[], options: ExecFileOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { maxBuffer: 64 * 1024 * 1024, ...options, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const code = !error ? 0 : typeof error.code === 'number' ? error.code : undefined;
        resolve({
          code: code ?? (errorCode(error) === 'ENOENT' ? 127 : 128),
          stdout: String(stdout),
          stderr: String(stderr) || (error ? error.message : ''),
        });
      },
    );
  });
}

/** The last lines of a text, for an error's message. */
export function tail(text: string, lines = 6): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n').trim();
}
