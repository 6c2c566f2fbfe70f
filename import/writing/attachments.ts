import { errorCode } from '../../lib/errors.ts';
import { HEADER_BYTES, readImageHeader } from '../../lib/images.ts';
import type { FileStorage } from '../../lib/storage.ts';
import { readHead } from '../files/read-part.ts';
import type { UploadItem } from '../items.ts';
import type { Outcome } from '../tally.ts';
import type { Transactions } from './transactions.ts';
import { contentOf } from './upload-content.ts';

const PREPARE =
  'select max_bytes from app_hidden.prepare_upload(original_name => $1, mime_type => $2, byte_size => $3)';
const KNOWN = `select coalesce((f.metadata ->> 'stored_as')::uuid, case when f.is_stored then f.id end) as id, f.is_stored, f.metadata ? 'stored_as' as is_elsewhere, f.processing_status
  from app_public.files f
  where f.workspace_id = app_hidden.current_workspace_id() and f.owner_id = app_hidden.current_user_id() and f.external_id = $1`;
const REGISTER = `select id, storage_path, processing_status from app_hidden.register_attachment(
  of_conversation => $1, attachment => $2, original_name => $3, mime_type => $4, byte_size => $5, sha256 => $6, metadata => $7::jsonb)`;

/** What became of the bytes of an attachment; `described` when they are of a kind that is not stored. */
export type StoredAttachment = { outcome: Outcome; id: string | null } | { described: string };

type Attached = UploadItem & { attachment: NonNullable<UploadItem['attachment']> };

/** Whether it can be stored, and is not yet; else the file that it is. */
async function prepare(
  item: Attached,
  session: Transactions,
): Promise<{ maxBytes: number; isAgain: boolean } | { known: string | null }> {
  const { conversation, externalId } = item.attachment;
  return session.transaction(async (client) => {
    const known = (await client.query(KNOWN, [`${conversation}/${externalId}`])).rows[0];
    const { rows } = await client.query(PREPARE, [item.name, item.mimeType, item.size]);
    const isThere = known?.is_stored && known.processing_status !== 'failed';
    if (known === undefined || isThere || known.is_elsewhere) return { known: known?.id ?? null };
    return { maxBytes: Number(rows[0].max_bytes), isAgain: known.is_stored };
  });
}

async function store(item: Attached, session: Transactions, storage: FileStorage): Promise<StoredAttachment> {
  const { conversation, externalId } = item.attachment;
  const todo = await prepare(item, session);
  if ('known' in todo) return { outcome: 'unchanged', id: todo.known };
  const isImage = item.mimeType.startsWith('image/');
  const { absolute, bytes } = item;
  const head = isImage && (bytes?.subarray(0, HEADER_BYTES) ?? (await readHead(absolute, HEADER_BYTES)));
  const image = head ? { image: readImageHeader(head) } : {};
  const received = await storage.receive(contentOf(item), { maxBytes: todo.maxBytes });
  try {
    return await session.transaction(async (client) => {
      const values = [conversation, externalId, item.name, item.mimeType, received.size, received.sha256];
      const metadata = JSON.stringify({ ...item.metadata, ...image });
      const row = (await client.query(REGISTER, [...values, metadata])).rows[0];
      if (!row?.storage_path) return { outcome: 'unchanged', id: null };
      await received.place(row.storage_path);
      return { outcome: todo.isAgain ? 'updated' : 'imported', id: row.id as string };
    });
  } finally {
    await received.discard();
  }
}

/** Stores the bytes of an attachment that its conversation has described. */
export async function storeAttachment(
  item: Attached,
  session: Transactions,
  storage: FileStorage,
): Promise<StoredAttachment> {
  try {
    return await store(item, session, storage);
  } catch (error) {
    // of a kind or size that is not stored, no image though it begins as one, or held
    if (!(error instanceof Error) || !/^CQ(?:120|244|413|860|861)$/.test(errorCode(error) ?? '')) throw error;
    return { described: error.message };
  }
}
