import { errorCode } from '../../lib/errors.ts';
import type { Session } from '../shared/session.ts';
import {
  type ConversationItem,
  type DocumentItem,
  type ImportItem,
  type SkippedItem,
  skipped,
} from './items.ts';
import type { Outcome, Summary } from './summary.ts';

/** Where items go. */
export interface Sink {
  add(item: ImportItem): Promise<void>;
  /** Writes what still waits for its batch to be full. */
  flush(): Promise<void>;
}

export type Visibility = 'private' | 'workspace';

export interface SinkOptions {
  summary: Summary;
  /** Told of every item when it is certain. */
  onOutcome: (item: ImportItem, outcome: Outcome | SkippedItem) => void;
}

/** One transaction's worth of documents: large enough that the round trip costs nothing, small enough to lose. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_DOCUMENTS = 50;

const OUTCOMES: Record<string, Outcome> = { added: 'imported', updated: 'updated', unchanged: 'unchanged' };

/** What import_documents takes. */
function documentPayload(item: DocumentItem, visibility: Visibility): object {
  return {
    sourceUrl: item.source,
    title: item.title,
    content: item.content,
    contentType: item.contentType,
    codeLanguage: item.language,
    visibility,
    metadata: item.metadata,
  };
}

/** What import_conversation takes. */
function conversationPayload(item: ConversationItem): object {
  return {
    source: item.source,
    title: item.title,
    createdAt: item.createdAt,
    model: item.model,
    metadata: { ...item.metadata, current_leaf: item.currentLeaf },
    messages: item.messages,
  };
}

/** Whether the database objects to what it was given, so that another item may well be fine. */
function isRefusal(error: unknown): boolean {
  // data exception, constraint violation, program limit exceeded, malformed
  return /^(?:22...|23...|54000|CQ200|CQ205)$/.test(errorCode(error) ?? '');
}

function refusal(source: string, error: unknown): SkippedItem {
  return skipped(source, 'refused', error instanceof Error ? error.message : String(error));
}

interface DocumentRow {
  source_url: string;
  outcome: string;
  reason: string | null;
}

/** Writes into the database as whoever is signed in: documents in batches, each conversation by itself. */
export function databaseSink(
  session: Session,
  { summary, onOutcome, visibility }: SinkOptions & { visibility: Visibility },
): Sink {
  let batch: DocumentItem[] = [];
  let batchBytes = 0;

  const refuse = (item: ImportItem, reason: SkippedItem) => {
    summary.skip(reason);
    onOutcome(item, reason);
  };

  const writeDocuments = async (items: DocumentItem[]): Promise<void> => {
    const payload = JSON.stringify(items.map((item) => documentPayload(item, visibility)));
    let rows: DocumentRow[];
    try {
      ({ rows } = await session.transaction((client) =>
        client.query<DocumentRow>(
          'select source_url, outcome, reason from app_public.import_documents(documents => $1::jsonb)',
          [payload],
        ),
      ));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (items.length === 1) return refuse(items[0]!, refusal(items[0]!.source, error));
      // One that cannot even be handed over keeps only itself out.
      for (const item of items) await writeDocuments([item]);
      return;
    }
    for (const [i, item] of items.entries()) {
      const row = rows[i];
      const outcome = OUTCOMES[row?.outcome ?? ''];
      if (outcome === undefined) {
        refuse(item, skipped(item.source, 'refused', row?.reason ?? 'no answer'));
        continue;
      }
      summary.count('documents', outcome);
      onOutcome(item, outcome);
    }
  };

  const flush = async (): Promise<void> => {
    const items = batch;
    batch = [];
    batchBytes = 0;
    if (items.length > 0) await writeDocuments(items);
  };

  const writeConversation = async (item: ConversationItem): Promise<void> => {
    const payload = JSON.stringify(conversationPayload(item));
    try {
      const result = await session.transaction(async (client) => {
        const { rows } = await client.query<{
          id: string;
          is_new: boolean;
          added: number;
          unchanged: number;
        }>('select id, is_new, added, unchanged from app_public.import_conversation(payload => $1::jsonb)', [
          payload,
        ]);
        const row = rows[0]!;
        // As with documents: who shares or hides it later is not overruled by the next import.
        if (row.is_new && visibility !== 'private') {
          await client.query(
            'update app_public.conversations set visibility = $2::app_public.visibility where id = $1::uuid',
            [row.id, visibility],
          );
        }
        return row;
      });
      const outcome = result.is_new ? 'imported' : result.added > 0 ? 'updated' : 'unchanged';
      summary.count('conversations', outcome);
      summary.count('messages', 'imported', result.added);
      summary.count('messages', 'unchanged', result.unchanged);
      onOutcome(item, outcome);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refuse(item, refusal(`${item.source} (${item.title})`, error));
    }
  };

  return {
    async add(item) {
      if (item.kind === 'conversation') return writeConversation(item);
      const bytes = Buffer.byteLength(item.content);
      if (batchBytes + bytes > BATCH_BYTES) await flush();
      batch.push(item);
      batchBytes += bytes;
      if (batch.length >= BATCH_DOCUMENTS) await flush();
    },
    flush,
  };
}

/** Writes nothing. */
export function drySink({ summary, onOutcome }: SinkOptions): Sink {
  return {
    async add(item) {
      summary.count(item.kind === 'document' ? 'documents' : 'conversations', 'imported');
      if (item.kind === 'conversation') summary.count('messages', 'imported', item.messages.length);
      onOutcome(item, 'imported');
    },
    async flush() {},
  };
}
