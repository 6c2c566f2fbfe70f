import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { projectFolder } from './migrations/committed.ts';

export interface Bounds {
  /** Mebibytes that the process may hold in memory, of whatever kind. */
  memory: number;
  /** Milliseconds from its start to its end. */
  timeout: number;
  /** Bytes that it may answer with. */
  output: number;
}

/** What a process ended by that gave no answer. */
export type EndedBy = 'memory' | 'time' | 'output' | 'a crash';

export class ProcessEnded extends Error {
  readonly by: EndedBy;

  constructor(by: EndedBy, how: string) {
    super(`A process was ended by ${by}: ${how}`);
    this.name = 'ProcessEnded';
    this.by = by;
  }
}

/** How V8, the C library and the guard in the process end it when memory is short. */
const OUT_OF_MEMORY: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL']);

/**
 * What the kernel itself bounds, where it can: no core dump, which would hold what was read; processor time, for one that spins while
 * nothing watches it; and memory as a last resort, above what Node reserves without using it.
 */
const LIMITED =
  'ulimit -c 0 2>/dev/null; ulimit -t "$1" 2>/dev/null; ulimit -d "$2" 2>/dev/null; shift 2; exec "$@"';

function start(entry: URL, size: number, { memory, timeout }: Bounds): ChildProcess {
  const node = [
    process.execPath,
    '--no-warnings',
    `--max-old-space-size=${memory}`,
    // it reads the program and nothing else, writes nothing, and starts no other
    '--permission',
    `--allow-fs-read=${projectFolder}/`,
    '--allow-worker',
    '--disallow-code-generation-from-strings',
    fileURLToPath(entry),
    String(memory),
    String(size),
    String(process.pid),
  ];
  const seconds = Math.ceil(timeout / 1000) * 2 + 10;
  const [command, ...args] =
    process.platform === 'win32'
      ? node
      : ['/bin/sh', '-c', LIMITED, 'sh', String(seconds), String((memory * 2 + 1024) * 1024), ...node];
  // neither the environment, which holds secrets, nor what it prints, nor anything that is open here
  return spawn(command!, args, { env: {}, cwd: projectFolder, stdio: ['pipe', 'pipe', 'ignore'] });
}

/**
 * Hands bytes to a process of its own, and returns what it answers. The process is new, serves this once, and is killed at its
 * bounds or with the signal: what is in the bytes can harm neither this process nor what others hand over.
 * @param entry  a file that calls boundedTask()
 * @throws ProcessEnded when it gave no answer, or the signal's reason
 */
export async function runBounded(
  entry: URL,
  input: readonly Uint8Array[],
  bounds: Bounds,
  signal?: AbortSignal,
): Promise<Buffer> {
  signal?.throwIfAborted();
  const size = input.reduce((sum, part) => sum + part.byteLength, 0);
  const child = start(entry, size, bounds);
  let by: EndedBy | undefined;
  const end = (why?: EndedBy) => {
    by ??= why;
    child.kill('SIGKILL');
  };
  const abort = () => end();
  signal?.addEventListener('abort', abort, { once: true });
  const clock = setTimeout(() => end('time'), bounds.timeout);
  try {
    const closed = Promise.withResolvers<string>();
    child.once('error', (error) => closed.resolve(error.message));
    child.once('close', (code, endedBy) => {
      if (endedBy && OUT_OF_MEMORY.has(endedBy)) by ??= 'memory';
      if (endedBy === 'SIGXCPU') by ??= 'time';
      closed.resolve(code === 0 ? '' : String(endedBy ?? `exit code ${code}`));
    });
    // it may end before it has read everything
    child.stdin!.on('error', () => {});
    for (const part of input) child.stdin!.write(part);
    child.stdin!.end();

    const answer: Buffer[] = [];
    let length = 0;
    child.stdout!.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > bounds.output) return end('output');
      answer.push(piece);
    });
    const how = await closed.promise;
    signal?.throwIfAborted();
    if (by) throw new ProcessEnded(by, how);
    if (how !== '') throw new ProcessEnded('a crash', how);
    return Buffer.concat(answer);
  } finally {
    clearTimeout(clock);
    signal?.removeEventListener('abort', abort);
  }
}
