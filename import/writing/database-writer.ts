import { errorCode } from '../../lib/errors.ts';
import type { FileStorage } from '../../lib/storage.ts';
import {
  type ConversationItem,
  type DocumentItem,
  type EventItem,
  type ImportItem,
  type MemoryItem,
  nameOf,
  type UploadItem,
} from '../items.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import type { Summary } from '../summary.ts';
import type { Counted, Outcome } from '../tally.ts';
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
import { contentOf } from './upload-content.ts';

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

const CONTENTS = ['messages', 'files', 'toolCalls', 'feedback'] as const;

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

  /** Counts what is there now. */
  const bring = (
    item: ImportItem,
    what: Counted,
    { id, outcome, ...brought }: Omit<Brought, 'id' | 'source'> & { id: string | null; outcome: Outcome },
  ) => {
    summary.count(what, outcome);
    if (id !== null) onBrought({ ...brought, id, source: item.source });
    onOutcome(item, outcome);
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
      bring(item, what, { kind: item.kind, id, outcome, size: sizeOf(item) });
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
    for (const what of CONTENTS) {
      summary.count(what, 'imported', added[what]);
      summary.count(what, 'unchanged', all[what] - added[what]);
    }
    bring(item, 'conversations', {
      kind: 'conversation',
      id: answer.id,
      outcome: answer.is_new ? 'imported' : grew ? 'updated' : 'unchanged',
      size: item.messages.reduce((sum, { content }) => sum + content.length, 0),
    });
  };

  const store = async (item: UploadItem): Promise<{ id: string; outcome: Outcome }> => {
    const maxBytes = await session.transaction(async (client) => {
      const { rows } = await client.query(PREPARE_UPLOAD, [item.name, item.mimeType, item.size]);
      return Number(rows[0].max_bytes);
    });
    const received = await storage.receive(contentOf(item), { maxBytes });
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
    const { attachment } = item;
    const stored =
      attachment === undefined
        ? await store(item)
        : await storeAttachment({ ...item, attachment }, session, storage);
    if ('described' in stored) refuse(item, skipped(item.source, 'unsupported', stored.described));
    else bring(item, 'uploads', { kind: 'file', ...stored, size: item.size / BYTES_PER_CHARACTER });
  };

  const remember = async (item: MemoryItem): Promise<void> => {
    const stored = await writeMemory(item, session, readers.visibility);
    bring(item, 'memories', { kind: 'memory', ...stored, size: item.content.length });
  };

  /** Writes one item by itself; what keeps only it out, the database's objection or a file that cannot be read, is its outcome. */
  const alone = async <T extends ImportItem>(item: T, write: (item: T) => Promise<void>): Promise<void> => {
    try {
      await write(item);
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (item.kind === 'upload' && /^E(?:NOENT|ACCES|PERM|ISDIR|IO)$/.test(code))
        refuse(item, skipped(item.source, 'unreadable', code));
      else if (isRefusal(error)) refuse(item, refusal(nameOf(item), error));
      else throw error;
    }
  };

  return {
    async add(item) {
      if (item.kind === 'conversation') await alone(item, writeConversation);
      else if (item.kind === 'memory') await alone(item, remember);
      else if (item.kind === 'upload') await alone(item, writeUpload);
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
        const all = contentsOf(item);
        for (const what of CONTENTS) summary.count(what, 'imported', all[what]);
      }
      onOutcome(item, 'imported');
    },
    async flush() {},
  };
}
