import type { PoolClient } from 'pg';
import type { Settings } from '../../authentication.ts';
import type { Feed, Found } from '../follower.ts';

/** Milliseconds between two looks while something goes on, and when nothing does. */
const BUSY = 1_000;
const QUIET = 15_000;
const JOBS = 2_000;

/** How much longer is waited each time when nothing has changed. */
const SLOWER = 1.5;

/** Tells a state when it is another than before. */
function changes<State>(isLast: (state: State) => boolean = () => false) {
  let told: string | undefined;
  let pause = BUSY;
  return (state: State): Found<State> => {
    const text = JSON.stringify(state);
    pause = text === told ? Math.min(pause * SLOWER, QUIET) : BUSY;
    if (text === told) return { again: pause };
    told = text;
    return { event: state, again: pause, isLast: isLast(state) };
  };
}

interface FileState {
  fileId: string;
  stage: string;
  chunks: number;
  embeddedChunks: number;
  errorCode: string | null;
}

/** How far a file is, until it is found by its meaning, or cannot be read. */
export function fileFeed(fileId: string): Feed<FileState> {
  const found = changes<FileState>(({ stage }) => stage === 'EMBEDDED' || stage === 'FAILED');
  return {
    field: 'fileProgress',
    topics: [`file ${fileId}`],
    ids: [fileId],
    async read(client) {
      const { rows } = await client.query(
        `select $1::uuid as "fileId", p.stage, p.chunks, p.embedded_chunks as "embeddedChunks", p.error_code as "errorCode"
         from app_hidden.file_progress($1::uuid) as p`,
        [fileId],
      );
      return found(rows[0] as FileState);
    },
  };
}

interface IndexingState {
  isComplete: boolean;
  pendingFiles: number;
  pendingSources: number;
  pendingEvents: number;
  chunks: number;
  embeddedChunks: number;
  deadChunks: number;
  paused: string | null;
}

/** How far the indexing of a workspace is. */
export function indexingFeed(settings: Settings): Feed<IndexingState> {
  const workspace = settings['colloquy.workspace_id']!;
  const found = changes<IndexingState>();
  return {
    field: 'indexingProgressChanged',
    topics: [`indexing ${workspace}`],
    ids: [workspace],
    async read(client) {
      const { rows } = await client.query(
        `select p.is_complete as "isComplete", p.pending_files::integer as "pendingFiles", p.pending_sources::integer as "pendingSources",
           p.pending_events::integer as "pendingEvents", p.chunks::integer, p.embedded_chunks::integer as "embeddedChunks",
           p.dead_chunks::integer as "deadChunks", p.paused::text
         from app_public.indexing_progress() as p`,
      );
      return found(rows[0] as IndexingState);
    },
  };
}

interface Job {
  id: string;
  [fact: string]: unknown;
}

/** The jobs of the installation: those that came or went on since the last look. */
export function jobsFeed(): Feed<{ jobs: Job[] }> {
  let told = new Map<string, string>();
  let isFirst = true;
  return {
    field: 'jobsChanged',
    topics: [],
    ids: [],
    async read(client: PoolClient) {
      const { rows } = await client.query<{ job: Job }>(
        `select pg_catalog.jsonb_build_object('id', j.id, 'queue', j.queue, 'state', pg_catalog.upper(j.state), 'attempts', j.attempts,
           'createdAt', j.created_at, 'startedAt', j.started_at, 'finishedAt', j.finished_at) as job
         from app_hidden.installation_jobs(100) as j`,
      );
      const now = new Map(rows.map(({ job }) => [job.id, JSON.stringify(job)]));
      const jobs = rows.map(({ job }) => job).filter(({ id }) => told.get(id) !== now.get(id));
      told = now;
      if (jobs.length === 0 && !isFirst) return { again: JOBS };
      isFirst = false;
      return { event: { jobs }, again: JOBS };
    },
  };
}
