import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { boundedTask } from '../../../lib/bounded-task.ts';

const tried = (work: () => unknown): string => {
  try {
    work();
    return 'done';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
};

/** What is open in this process: the targets of its descriptors that are files or connections to elsewhere. */
const openFiles = (): string[] => {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
};

/** Does what the input says. */
await boundedTask(async (input) => {
  const what = input.toString('utf8', 0, 100);
  if (what === 'spin') for (;;);
  if (what === 'hang') await new Promise(() => setInterval(() => {}, 1000));
  if (what === 'crash') throw new TypeError('a fault');
  if (what === 'exit') process.exit(3);
  if (what === 'heap') for (const all: object[] = []; ; ) all.push(new Array(100_000).fill({}));
  if (what === 'buffers') for (const all: Uint8Array[] = []; ; ) all.push(Buffer.alloc(1 << 20, 1));
  if (what === 'flood') return new Array(1000).fill(Buffer.alloc(1 << 20));
  if (what === 'print') {
    process.stdout.write('a banner');
    process.stderr.write('a warning');
    return [Buffer.from('answer')];
  }
  if (what === 'look') {
    return [
      Buffer.from(
        JSON.stringify({
          pid: process.pid,
          environment: Object.keys(process.env).filter((name) => !/^(?:PWD|OLDPWD|SHLVL|_)$/.test(name)),
          write: tried(() => writeFileSync('bounded-was-here', '')),
          read: tried(() => readFileSync('/etc/passwd')),
          run: tried(() => {
            const { error } = spawnSync('true');
            if (error) throw error;
          }),
          open: tried(openFiles) === 'done' ? openFiles() : [],
        }),
      ),
    ];
  }
  return [Buffer.from(String(input.length))];
});
