import { errorCode } from '../../lib/errors.ts';
import type { Session } from '../shared/session.ts';
import { createBatch } from './batch.ts';
import {
  type ConversationItem,
  type DocumentItem,
  type EventItem,
  type ImportItem,
  type SkippedItem,
  skipped,
} from './items.ts';
import {
  type Contents,
  contentsOf,
  conversationPayload,
  documentPayload,
  eventPayload,
  type Visibility,
} from './payloads.ts';
import type { Outcome, Summary } from './summary.ts';

/** Where items go. */
export interface Sink {
  add(item: ImportItem): Promise<void>;
  /** Writes what still waits for its batch to be full. */
  flush(): Promise<void>;
}

export interface SinkOptions {
  summary: Summary;
  /** Told of every item when it is certain. */
  onOutcome: (item: ImportItem, outcome: Outcome | SkippedItem) => void;
}

const BATCH_DOCUMENTS = 50;
const BATCH_EVENTS = 500;

const OUTCOMES: Record<string, Outcome> = { added: 'imported', updated: 'updated', unchanged: 'unchanged' };

/** Whether the database objects to what it was given, so that another item may well be fine. */
function isRefusal(error: unknown): boolean {
  // data exception, constraint violation, program limit exceeded, malformed
  return /^(?:22...|23...|54000|CQ200|CQ205)$/.test(errorCode(error) ?? '');
}

function refusal(source: string, error: unknown): SkippedItem {
  return skipped(source, 'refused', error instanceof Error ? error.message : String(error));
}

/** What the database says of one item of a batch. */
interface Answer {
  outcome: string;
  reason: string | null;
}

interface ConversationAnswer {
  is_new: boolean;
  added: number;
  files_added: number;
  tool_calls_added: number;
  feedback_added: number;
}

const IMPORT_DOCUMENTS = 'select outcome, reason from app_public.import_documents(documents => $1::jsonb)';
const IMPORT_EVENTS = 'select outcome, reason from app_public.import_events(events => $1::jsonb)';
const IMPORT_CONVERSATION = `select is_new, added, files_added, tool_calls_added, feedback_added
  from app_public.import_conversation(payload => $1::jsonb)`;

/** Writes into the database as whoever is signed in: documents and events in batches, each conversation by itself. */
export function databaseSink(
  session: Session,
  { summary, onOutcome, visibility }: SinkOptions & { visibility: Visibility },
): Sink {
  const refuse = (item: ImportItem, reason: SkippedItem) => {
    summary.skip(reason);
    onOutcome(item, reason);
  };

  const writeAll = async <T extends DocumentItem | EventItem>(
    items: T[],
    { sql, what, payload }: { sql: string; what: 'documents' | 'events'; payload: (item: T) => object },
  ): Promise<void> => {
    const values = [JSON.stringify(items.map(payload))];
    let rows: Answer[];
    try {
      ({ rows } = await session.transaction((client) => client.query<Answer>(sql, values)));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (items.length === 1) return refuse(items[0]!, refusal(items[0]!.source, error));
      // One that cannot even be handed over keeps only itself out.
      for (const item of items) await writeAll([item], { sql, what, payload });
      return;
    }
    for (const [i, item] of items.entries()) {
      const outcome = OUTCOMES[rows[i]?.outcome ?? ''];
      if (outcome === undefined) {
        refuse(item, skipped(item.source, 'refused', rows[i]?.reason ?? 'no answer'));
        continue;
      }
      summary.count(what, outcome);
      onOutcome(item, outcome);
    }
  };

  const documents = createBatch<DocumentItem>(BATCH_DOCUMENTS, (items) =>
    writeAll(items, {
      sql: IMPORT_DOCUMENTS,
      what: 'documents',
      payload: (item) => documentPayload(item, visibility),
    }),
  );
  const events = createBatch<EventItem>(BATCH_EVENTS, (items) =>
    writeAll(items, { sql: IMPORT_EVENTS, what: 'events', payload: eventPayload }),
  );

  const writeConversation = async (item: ConversationItem): Promise<void> => {
    const values = [JSON.stringify(conversationPayload(item, visibility))];
    try {
      const { rows } = await session.transaction((client) =>
        client.query<ConversationAnswer>(IMPORT_CONVERSATION, values),
      );
      const answer = rows[0]!;
      const all = contentsOf(item);
      const added: Contents = {
        messages: answer.added,
        files: answer.files_added,
        toolCalls: answer.tool_calls_added,
        feedback: answer.feedback_added,
      };
      const grew = Object.values(added).some((number) => number > 0);
      const outcome = answer.is_new ? 'imported' : grew ? 'updated' : 'unchanged';
      summary.count('conversations', outcome);
      for (const what of ['messages', 'files', 'toolCalls', 'feedback'] as const) {
        summary.count(what, 'imported', added[what]);
        summary.count(what, 'unchanged', all[what] - added[what]);
      }
      onOutcome(item, outcome);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refuse(item, refusal(`${item.source} (${item.title})`, error));
    }
  };

  return {
    async add(item) {
      if (item.kind === 'conversation') await writeConversation(item);
      else if (item.kind === 'event') await events.add(item, Buffer.byteLength(JSON.stringify(item.payload)));
      else await documents.add(item, Buffer.byteLength(item.content));
    },
    async flush() {
      await documents.flush();
      await events.flush();
    },
  };
}

/** Writes nothing. */
export function drySink({ summary, onOutcome }: SinkOptions): Sink {
  return {
    async add(item) {
      summary.count(`${item.kind}s`, 'imported');
      if (item.kind === 'conversation') {
        const { messages, files, toolCalls, feedback } = contentsOf(item);
        summary.count('messages', 'imported', messages);
        summary.count('files', 'imported', files);
        summary.count('toolCalls', 'imported', toolCalls);
        summary.count('feedback', 'imported', feedback);
      }
      onOutcome(item, 'imported');
    },
    async flush() {},
  };
}
