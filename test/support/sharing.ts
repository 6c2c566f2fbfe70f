import { relative } from 'node:path';
import { ForksPoolWorker, type PoolOptions, type PoolTask } from 'vitest/node';

type Message = Parameters<ForksPoolWorker['send']>[0];

const NAME = 'shared-forks';
const root = process.cwd();

/** Whose files take turns: there are many, which import much and leave nothing open. Each file of the others has a process. */
const SHARED = ['test/api', 'test/sql'];

/** The part of the suite that a file is of. The files of one import much the same. */
export const roomOf = (path: string): string => /^test\/[^/]+/.exec(relative(root, path))?.[0] ?? '';

/**
 * A process that takes the files of a shared room in turn, so that what they import is read and compiled once. Tests see to it
 * themselves that what they open is closed.
 */
class SharingWorker extends ForksPoolWorker {
  override readonly name = NAME;
  #room: string | undefined;

  override send(message: Message): void {
    if (message.type === 'run') this.#room = roomOf(message.context.files[0]!.filepath);
    super.send(message);
  }

  canReuse(task: PoolTask): boolean {
    return task.context.files.every(({ filepath }) => {
      const room = roomOf(filepath);
      return room === this.#room && SHARED.includes(room);
    });
  }
}

/** Processes that the files of some rooms share. */
export const sharingForks = {
  name: NAME,
  createPoolWorker: (options: PoolOptions) => new SharingWorker(options),
};
