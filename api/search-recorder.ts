import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { log } from '../lib/log.ts';
import { searchesTotal } from '../lib/metrics.ts';

/** What app_hidden.search_facts says of an answer: only the database tells whose it is. */
export interface SearchFacts {
  workspace_id: string;
  user_id: string;
  version_id: string | null;
  path: string;
  requested: number;
  returned: number;
  scan_limit_hit: boolean;
  chunk_ids: string[];
}

/** An answered search, as app_hidden.record_searches takes it. */
export interface AnsweredSearch extends SearchFacts {
  /** The first page, without a threshold: nothing but the search itself can make it short. */
  is_plain: boolean;
}

/** What is kept of some searches, to measure recall by. */
export interface SearchSample {
  embedding: number[] | null;
  kinds: string[] | null;
  /** As app_public.search_filters names them. The database leaves those out that hold words, unless it may keep words. */
  filters: Record<string, unknown> | null;
  query: string | null;
}

export interface SearchRecorder {
  /** Takes note of an answer. It never waits and never throws. */
  record(search: AnsweredSearch, sample?: SearchSample): void;
  /** Hands over what it has, and takes no more. */
  close(): Promise<void>;
}

export interface RecordingOptions {
  /** Milliseconds from the first search of a batch to its end. Default: 5,000. */
  interval?: number;
}

interface Recorded extends AnsweredSearch {
  embedding?: string;
  kinds?: string[] | null;
  filters?: Record<string, unknown> | null;
  query?: string | null;
}

const INTERVAL = 5_000;
/** Searches that are handed over at once; the function takes as many. */
const BATCH = 500;
/** Searches that wait at most, while the database does not take them: some hundred bytes each. What comes then is lost. */
const MOST_WAITING = 5_000;
/** Vectors among them: some kilobytes each. */
const MOST_SAMPLES = 20;
/** A batch that fails so often is dropped: it may be the reason itself. */
const ATTEMPTS = 3;
/** Milliseconds that the end of the process waits for the last batches. */
const CLOSE_TIMEOUT = 5_000;
/** Filters that hold words: the database keeps no sample with them, unless it may keep words. */
const WORDY = ['tags', 'content_types', 'code_languages', 'metadata'];

/**
 * Collects what searches answered and hands it to the database in batches, behind the requests. Counting twice or not at
 * all is no harm, so nothing here is done with care for single searches.
 * @param pool  acts as colloquy_authenticator; holds one connection for the moment of a batch
 */
export function openSearchRecorder(
  pool: Pool,
  { interval = INTERVAL }: RecordingOptions = {},
): SearchRecorder {
  let waiting: Recorded[] = [];
  let samples = 0;
  let lost = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> | undefined;
  let isOpen = true;
  /** What the database asked for with the last batch. Until the first one every search is a sample. */
  let share = 1;
  let keepsText = false;

  function later(milliseconds: number): void {
    if (!isOpen || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, milliseconds);
    timer.unref();
  }

  async function handOver(batch: Recorded[]): Promise<void> {
    const { rows } = await pool.query<{ sample_share: number; keeps_text: boolean }>(
      'select sample_share, keeps_text from app_hidden.record_searches($1::jsonb)',
      [JSON.stringify(batch)],
    );
    if (rows[0]) ({ sample_share: share, keeps_text: keepsText } = rows[0]);
  }

  async function flushAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      try {
        await handOver(batch);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures < ATTEMPTS && isOpen) {
          log.warn({ code: errorCode(error), searches: batch.length }, 'searches could not be counted yet');
          break;
        }
        log.warn({ err: error, searches: batch.length }, 'searches were not counted');
        failures = 0;
      }
      waiting = waiting.slice(batch.length);
      samples -= batch.filter((search) => search.embedding !== undefined).length;
    }
    if (lost > 0) log.warn({ searches: lost }, 'searches were not counted: too many were waiting');
    lost = 0;
    if (waiting.length > 0) later(interval);
  }

  function flush(): Promise<void> {
    flushing ??= flushAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  return {
    record(search, sample) {
      searchesTotal.inc({
        path: search.path,
        outcome: search.returned < search.requested ? 'short' : 'full',
      });
      if (!isOpen || waiting.length >= MOST_WAITING) {
        lost += 1;
        return;
      }
      const recorded: Recorded = { ...search };
      const isKept = keepsText || !WORDY.some((name) => sample?.filters?.[name] != null);
      if (sample?.embedding && isKept && samples < MOST_SAMPLES && Math.random() < share) {
        samples += 1;
        recorded.embedding = `[${sample.embedding.join(',')}]`;
        recorded.kinds = sample.kinds;
        recorded.filters = sample.filters;
        if (keepsText) recorded.query = sample.query;
      }
      waiting.push(recorded);
      if (waiting.length >= BATCH && failures === 0) void flush();
      else later(interval);
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      clearTimeout(timer);
      const patience = new AbortController();
      await Promise.race([
        // one that is under way may have begun before the last search came
        flush().then(flush),
        delay(CLOSE_TIMEOUT, undefined, { signal: patience.signal }).catch(() => {}),
      ]);
      patience.abort();
    },
  };
}
