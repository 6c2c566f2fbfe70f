import { answerRequests } from '../lib/thread-side.ts';
import type { CutRequest } from './cut.ts';
import { cutPassages } from './passages.ts';

/** The thread in which large texts are cut. cut.ts is the other end. */
answerRequests(({ source, sizes }: CutRequest) => cutPassages(source, sizes));
