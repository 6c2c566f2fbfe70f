import { embedChunks } from '../../jobs/embed-chunks.ts';
import { indexSource } from '../../jobs/index-source.ts';
import type { Source } from '../../jobs/indexing/source.ts';
import type { JobContext } from '../../jobs/job.ts';

/** What the worker does for a source: cuts it, then gives what its workspace lacks the vectors. Returns what both say. */
export async function indexWhole(context: JobContext, source: Source): Promise<object> {
  const cut = await indexSource.handle(context, source);
  return { ...cut, ...(await embedChunks.handle(context, { workspaceId: source.workspaceId })) };
}
