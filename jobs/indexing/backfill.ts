import { errorCode } from '../../lib/errors.ts';
import type { ProviderVersion } from '../../models/provider.ts';
import type { JobContext } from '../job.ts';
import type { ChunkText } from './distinct-texts.ts';
import { embedAndStore } from './embed-and-store.ts';

/** An embedding version that is kept complete beside the active one. */
export interface MaintainedVersion extends ProviderVersion {
  id: string;
}

export interface Backfilled {
  embedded: number;
  /** The code of the budget or the switch that holds the rest back. */
  paused?: string;
  reason?: string;
}

/** Milliseconds that new work waits for the provider of a version that is not searched. */
const PATIENCE = 15_000;
/** Milliseconds for which such a provider is left alone after it failed: the back-fill makes up for it. */
const REST = 60_000;
/** The index of the partition is being built. */
const LOCK_TIMEOUT = '55P03';

const restingUntil = new Map<string, number>();

/**
 * Gives chunks the vectors of a version that is not the active one: claimed, paid, counted and given up like those of the
 * active one, but on the account of the installation.
 * @throws ProviderError when none got one for a reason that is not the texts'
 */
export async function backfillChunks(
  context: JobContext,
  version: MaintainedVersion,
  workspaceId: string,
  chunks: readonly ChunkText[],
  signal: AbortSignal = context.signal,
): Promise<Backfilled> {
  const { pool } = context;
  const { rows: reused } = await pool.query(
    'select app_hidden.reuse_behind(for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[]) as n',
    [version.id, workspaceId, chunks.map((chunk) => chunk.chunk_id)],
  );
  const { rows: without } = await pool.query(
    'select id from app_hidden.chunks_without_embedding(for_version => $1, for_workspace => $2, chunk_ids => $3::uuid[]) as id',
    [version.id, workspaceId, chunks.map((chunk) => chunk.chunk_id)],
  );
  const missing = new Set(without.map((row) => row.id));
  const wanted = chunks.filter((chunk) => missing.has(chunk.chunk_id));
  if (wanted.length === 0) return { embedded: reused[0].n };
  const batch = await embedAndStore(context, version, workspaceId, wanted, { isBackfill: true, signal });
  if (batch.embedded === 0 && batch.outage) throw batch.outage;
  return {
    embedded: reused[0].n + batch.embedded,
    ...(batch.paused ? { paused: batch.paused, reason: batch.reason } : {}),
  };
}

/**
 * Gives new chunks the vectors of all maintained versions but one, before they get those of that one: so a chunk that
 * searches find is never missing from a version that could take over. A failure here fails no job: the back-fill
 * makes up for it.
 */
export async function embedForOtherVersions(
  context: JobContext,
  activeVersionId: string,
  workspaceId: string,
  chunks: readonly ChunkText[],
): Promise<void> {
  const { rows: versions } = await context.pool.query<MaintainedVersion>(
    'select id, provider, model, dimensions from app_hidden.maintained_versions() where id <> $1',
    [activeVersionId],
  );
  await Promise.all(
    versions.map(async (version) => {
      if ((restingUntil.get(version.id) ?? 0) > Date.now()) return;
      const limit = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE)]);
      try {
        await backfillChunks(context, version, workspaceId, chunks, limit);
      } catch (error) {
        if (context.signal.aborted) throw error;
        if (errorCode(error) === LOCK_TIMEOUT) return;
        restingUntil.set(version.id, Date.now() + REST);
        context.log.warn(
          { err: error, version: version.id },
          'new passages have no vector of a version that is not active; the back-fill makes it',
        );
      }
    }),
  );
}
