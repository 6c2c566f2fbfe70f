import { createReadStream } from 'node:fs';
import { errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import type {
  ConversationItem,
  DocumentItem,
  EventItem,
  ImportItem,
  MemoryItem,
  UploadItem,
} from '../items.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import type { Summary } from '../summary.ts';
import type { Outcome } from '../tally.ts';
import { storeAttachment } from './attachments.ts';
import { createBatch } from './batch.ts';
import { writeMemory } from './memories.ts';
import {
  type Contents,
  contentsOf,
  conversationPayload,
  documentPayload,
  eventPayload,
  type Readers,
} from './payloads.ts';
import type { Transactions } from './transactions.ts';

/** Something that is in the database now, also when it was there before. */
export interface Brought {
  kind: 'document' | 'file' | 'conversation' | 'event' | 'memory';
  id: string;
  source: string;
  /** Characters, or what comes near them: how much there is to be read. */
  size: number;
}

/** Where items go. */
export interface ItemWriter {
  add(item: ImportItem): Promise<void>;
  /** Writes what still waits for its batch to be full. */
  flush(): Promise<void>;
}

export interface WriterOptions {
  summary: Summary;
  /** Told of every item when it is certain. */
  onOutcome: (item: ImportItem, outcome: Outcome | SkippedItem) => void;
  /** Told of everything that is there now, so that it can be waited for. */
  onBrought?: (brought: Brought) => void;
}

const BATCH_DOCUMENTS = 50;
const BATCH_EVENTS = 500;

/** An event is one passage, mostly of this length. */
const EVENT_SIZE = 200;
/** Of PDF and DOCX, in which much is not text: only a guess of how long reading takes. */
const BYTES_PER_CHARACTER = 20;

interface BatchOf<T> {
  sql: string;
  what: 'documents' | 'events';
  payload: (item: T) => object;
  sizeOf: (item: T) => number;
}

const OUTCOMES: Record<string, Outcome> = { added: 'imported', updated: 'updated', unchanged: 'unchanged' };

/** Whether the database objects to what it was given, so that another item may well be fine. */
function isRefusal(error: unknown): boolean {
  // data exception, constraint violation, program limit exceeded, malformed
  return /^(?:22...|23...|54000|CQ200|CQ20[567]|CQ244|CQ413)$/.test(errorCode(error) ?? '');
}

function refusal(source: string, error: unknown): SkippedItem {
  return skipped(source, 'refused', error instanceof Error ? error.message : String(error));
}

/** What the database says of one item of a batch. */
interface Answer {
  id: string | null;
  outcome: string;
  reason: string | null;
}

interface ConversationAnswer {
  id: string;
  is_new: boolean;
  added: number;
  files_added: number;
  tool_calls_added: number;
  feedback_added: number;
}

/** What an upload finds: whether these bytes are known, and whether something came from that place before. */
const KNOWN_UPLOAD = `select
    (select f.processing_status from app_public.files f
     where f.workspace_id = app_hidden.current_workspace_id() and f.owner_id = app_hidden.current_user_id() and f.sha256 = $1) as status,
    exists (select from app_public.documents d
     where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id() and d.source_url = $2) as has_document`;
const PREPARE_UPLOAD = `select max_bytes from app_hidden.prepare_upload(original_name => $1, mime_type => $2, byte_size => $3)`;
const REGISTER_FILE = `select id, storage_path, processing_status from app_hidden.register_file(
    original_name => $1, mime_type => $2, byte_size => $3, sha256 => $4, visibility => $5, metadata => $6::jsonb, source_url => $7)`;

const COME_BACK = 'select app_hidden.mark_gone(sources => array[$1::text], are_gone => false)';
const IMPORT_DOCUMENTS =
  'select document_id as id, outcome, reason from app_public.import_documents(documents => $1::jsonb)';
const IMPORT_EVENTS =
  'select raw_event_id as id, outcome, reason from app_public.import_events(events => $1::jsonb)';
const IMPORT_CONVERSATION = `select id, is_new, added, files_added, tool_calls_added, feedback_added
  from app_public.import_conversation(payload => $1::jsonb)`;

/** Writes into the database as whoever is signed in: documents and events in batches, each conversation by itself. */
export function databaseWriter(
  session: Transactions,
  {
    summary,
    onOutcome,
    onBrought = () => {},
    storage,
    ...readers
  }: WriterOptions & Readers & { storage: FileStorage },
): ItemWriter {
  const refuse = (item: ImportItem, reason: SkippedItem) => {
    summary.skip(reason);
    onOutcome(item, reason);
  };

  const writeAll = async <T extends DocumentItem | EventItem>(
    items: T[],
    { sql, what, payload, sizeOf }: BatchOf<T>,
  ): Promise<void> => {
    const values = [JSON.stringify(items.map(payload))];
    let rows: Answer[];
    try {
      ({ rows } = await session.transaction((client) => client.query<Answer>(sql, values)));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (items.length === 1) return refuse(items[0]!, refusal(items[0]!.source, error));
      // One that cannot even be handed over keeps only itself out.
      for (const item of items) await writeAll([item], { sql, what, payload, sizeOf });
      return;
    }
    for (const [i, item] of items.entries()) {
      const { id = null, outcome: answer = '' } = rows[i] ?? {};
      const outcome = OUTCOMES[answer];
      if (outcome === undefined) {
        refuse(item, skipped(item.source, 'refused', rows[i]?.reason ?? 'no answer'));
        continue;
      }
      summary.count(what, outcome);
      if (id !== null) onBrought({ kind: item.kind, id, source: item.source, size: sizeOf(item) });
      onOutcome(item, outcome);
    }
  };

  const documents = createBatch<DocumentItem>(BATCH_DOCUMENTS, (items) =>
    writeAll(items, {
      sql: IMPORT_DOCUMENTS,
      what: 'documents',
      payload: (item) => documentPayload(item, readers),
      sizeOf: ({ content }) => content.length,
    }),
  );
  const events = createBatch<EventItem>(BATCH_EVENTS, (items) =>
    writeAll(items, {
      sql: IMPORT_EVENTS,
      what: 'events',
      payload: (item) => eventPayload(item, readers),
      sizeOf: () => EVENT_SIZE,
    }),
  );

  const writeConversation = async (item: ConversationItem): Promise<void> => {
    const values = [JSON.stringify(conversationPayload(item, readers.visibility))];
    try {
      const { rows } = await session.transaction((client) =>
        client.query<ConversationAnswer>(IMPORT_CONVERSATION, values),
      );
      const answer = rows[0]!;
      const all = contentsOf(item);
      const size = item.messages.reduce((sum, { content }) => sum + content.length, 0);
      onBrought({ kind: 'conversation', id: answer.id, source: item.source, size });
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

  const store = async (item: UploadItem): Promise<{ id: string; outcome: Outcome }> => {
    const maxBytes = await session.transaction(async (client) => {
      const { rows } = await client.query(PREPARE_UPLOAD, [item.name, item.mimeType, item.size]);
      return Number(rows[0].max_bytes);
    });
    const received = await storage.receive(createReadStream(item.absolute), { maxBytes });
    try {
      return await session.transaction(async (client) => {
        const known = (await client.query(KNOWN_UPLOAD, [received.sha256, item.source])).rows[0];
        const { rows } = await client.query(REGISTER_FILE, [
          item.name,
          item.mimeType,
          received.size,
          received.sha256,
          readers.visibility,
          JSON.stringify(item.metadata),
          item.source,
        ]);
        await received.place(rows[0].storage_path);
        const { id, processing_status: status } = rows[0];
        const isBack = ((await client.query(COME_BACK, [item.source])).rowCount ?? 0) > 0;
        if (known.status === null) return { id, outcome: known.has_document ? 'updated' : 'imported' };
        const isAgain = status === 'pending' && !/^p/.test(known.status);
        return { id, outcome: isAgain || isBack ? 'updated' : 'unchanged' };
      });
    } finally {
      await received.discard();
    }
  };

  const writeUpload = async (item: UploadItem): Promise<void> => {
    try {
      const { attachment } = item;
      if (attachment !== undefined) return await writeAttachment({ ...item, attachment });
      const { id, outcome } = await store(item);
      summary.count('uploads', outcome);
      onBrought({ kind: 'file', id, source: item.source, size: item.size / BYTES_PER_CHARACTER });
      onOutcome(item, outcome);
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (/^E(?:NOENT|ACCES|PERM|ISDIR|IO)$/.test(code))
        refuse(item, skipped(item.source, 'unreadable', code));
      else if (isRefusal(error)) refuse(item, refusal(item.source, error));
      else throw error;
    }
  };

  const writeAttachment = async (
    item: UploadItem & { attachment: NonNullable<UploadItem['attachment']> },
  ): Promise<void> => {
    const stored = await storeAttachment(item, session, storage);
    if ('described' in stored) return refuse(item, skipped(item.source, 'unsupported', stored.described));
    summary.count('uploads', stored.outcome);
    if (stored.id !== null)
      onBrought({ kind: 'file', id: stored.id, source: item.source, size: item.size / BYTES_PER_CHARACTER });
    onOutcome(item, stored.outcome);
  };

  const remember = async (item: MemoryItem): Promise<void> => {
    try {
      const { id, outcome } = await writeMemory(item, session, readers.visibility);
      summary.count('memories', outcome);
      if (id !== null) onBrought({ kind: 'memory', id, source: item.source, size: item.content.length });
      onOutcome(item, outcome);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refuse(item, refusal(item.source, error));
    }
  };

  return {
    async add(item) {
      if (item.kind === 'conversation') await writeConversation(item);
      else if (item.kind === 'memory') await remember(item);
      else if (item.kind === 'upload') await writeUpload(item);
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
export function dryRunWriter({ summary, onOutcome }: WriterOptions): ItemWriter {
  return {
    async add(item) {
      summary.count(item.kind === 'memory' ? 'memories' : `${item.kind}s`, 'imported');
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
