import { type ChildProcess, spawn } from 'node:child_process';
import { projectFolder } from '../../lib/migrations.ts';

export interface StartedServer {
  child: ChildProcess;
  url: string;
  /** The lines of its log. */
  log(): { level: number; msg: string }[];
  /** Resolves with the exit code. */
  exit: Promise<number | null>;
}

/** `npm start` without npm, in a process of its own, on a database server; resolves when it serves. */
export async function startServer(
  databaseUrl: string,
  dataDir: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<StartedServer> {
  const all = ['scripts/start.ts', '--port', '0', '--no-examples', '--data', dataDir, ...args];
  const child = spawn(process.execPath, all, {
    cwd: projectFolder,
    env: { ...process.env, DATABASE_URL: databaseUrl, LOG_LEVEL: 'info', LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isServing = false;
  const exit = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const log = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as { level: number; msg: string; graphql?: string });
  const servesAt = () => log().find((line) => line.graphql)?.graphql;
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        if (!isServing && servesAt()) {
          isServing = true;
          resolve();
        }
      });
    }
    exit.then((code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  const url = new URL(servesAt()!).origin;
  return { child, url, log, exit };
}
