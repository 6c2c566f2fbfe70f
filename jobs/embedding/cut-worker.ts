import { answerRequests } from '../../lib/thread-side.ts';
import { chunkText } from './chunk.ts';
import type { CutRequest } from './cut.ts';

/** The thread in which large texts are cut. cut.ts is the other end. */
answerRequests(({ source, sizes }: CutRequest) => chunkText(source, sizes));
