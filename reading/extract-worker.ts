import { answerRequests } from '../lib/thread-side.ts';
import { read } from './read.ts';

/** The thread in which files are read. extract.ts is the other end. */
answerRequests(read);
