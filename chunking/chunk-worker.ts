import { threadTask } from '../lib/thread-task.ts';
import type { ChunkRequest } from './chunk-in-thread.ts';
import { chunkWithLanguages } from './chunk-with-languages.ts';

/** The thread in which large texts are chunked. chunk-in-thread.ts is the other end. */
export default threadTask(({ source, sizes }: ChunkRequest) => chunkWithLanguages(source, sizes));
