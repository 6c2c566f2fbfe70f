import { threadTask } from '../lib/thread-task.ts';
import { read } from './read.ts';

/** The thread in which files are read. extract.ts is the other end. */
export default threadTask(read);
