import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { ColloquyError, describeError, errorCode } from '../lib/errors.ts';
import { cleanText } from '../lib/storable.ts';
import { READERS } from '../reading/extract.ts';
import type { Extraction, Extractor } from '../reading/extraction.ts';
import { textSearchConfiguration } from '../reading/language/text-search-configurations.ts';
import type { JobContext, JobDefinition, Singleton } from './job.ts';

const payload = z.object({ workspaceId: z.uuid(), fileId: z.uuid() });
type Payload = z.infer<typeof payload>;

interface Claim {
  attempt: number;
  storage_path: string;
  original_name: string;
  extractor: Extractor;
}

/** What a document is called that was read from a file of this kind. */
const CONTENT_TYPE: Partial<Record<Extractor, string>> = { pdf: 'pdf', docx: 'docx', html: 'html' };

/** What is worth knowing of how it was read, beside the text. */
function metadataOf({ pages, encoding, language, codeLanguage, contentType, warnings }: Extraction): object {
  return {
    ...(codeLanguage && contentType !== 'code' ? { code_language: codeLanguage } : {}),
    ...(pages.length > 0 ? { pages: pages.length } : {}),
    ...(encoding ? { encoding } : {}),
    ...(language && /^[\w-]{2,35}$/.test(language) ? { language } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.map((warning) => warning.message) } : {}),
  };
}

/** @throws ColloquyError CQ329 when the bytes are not where this worker looks */
async function readBytes({ storage }: JobContext, path: string): Promise<Buffer> {
  try {
    return await buffer(storage.read(path));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new ColloquyError('CQ329', 'The bytes of the file are not here', {
      hint: 'Server, worker and imports need the same DATA_DIR. Send the file again if it is lost.',
      cause: error,
    });
  }
}

/** Whether another try would end the same way. */
function isFinal(error: unknown): boolean {
  return error instanceof ColloquyError && /^CQ32[0-7]$/.test(error.code);
}

async function store(context: JobContext, source: Payload, claim: Claim): Promise<object> {
  const bytes = await readBytes(context, claim.storage_path);
  const read = await context.extractor.extract(
    { bytes, extractor: claim.extractor, name: claim.original_name },
    context.signal,
  );
  const { rows } = await context.pool.query<{ document: string | null }>(
    `select app_hidden.store_extraction(
       for_workspace => $1, for_file => $2, of_attempt => $3, new_title => $4, new_content => $5, new_content_type => $6,
       new_code_language => $7, new_language => $8, new_metadata => $9::jsonb) as document`,
    [
      source.workspaceId,
      source.fileId,
      claim.attempt,
      read.title && cleanText(read.title),
      read.text,
      CONTENT_TYPE[claim.extractor] ?? read.contentType,
      read.contentType === 'code' ? read.codeLanguage : null,
      read.language && textSearchConfiguration(read.language),
      JSON.stringify(metadataOf(read)),
    ],
  );
  const document = rows[0]!.document;
  return document === null
    ? { skipped: 'another worker has the file' }
    : { document, characters: read.text.length };
}

/** Reads the text of a file, and makes a document of it. */
async function handle(context: JobContext, source: Payload): Promise<object> {
  const { pool, log, signal } = context;
  const { rows } = await pool.query<Claim>(
    `select attempt, storage_path, original_name, extractor
     from app_hidden.claim_file(for_workspace => $1, for_file => $2)`,
    [source.workspaceId, source.fileId],
  );
  const claim = rows[0];
  if (!claim) return { skipped: 'it is gone, done, or in other hands' };
  try {
    return await store(context, source, claim);
  } catch (error) {
    const which = [source.workspaceId, source.fileId, claim.attempt];
    if (signal.aborted) {
      await pool.query(
        'select app_hidden.release_file(for_workspace => $1, for_file => $2, of_attempt => $3)',
        which,
      );
      throw error;
    }
    const code = errorCode(error) ?? '';
    const known = error instanceof ColloquyError || /^CQ\d{3}$/.test(code);
    if (!known) log.error({ err: error }, 'a file could not be read');
    // what is ours says nothing about the file, and nothing that its owner could use
    const reason = known
      ? describeError(error)
          .replace(/ \(CQ\d{3}\)/, '')
          .replace(/\n\s*→ /, '. ')
      : "Reading it failed for reasons that are not the file's; the log of the worker has more.";
    const result = await pool.query<{ status: string | null }>(
      `select app_hidden.fail_file(
         for_workspace => $1, for_file => $2, of_attempt => $3, code => $4, reason => $5, is_final => $6) as status`,
      [...which, known ? code : 'CQ328', reason, isFinal(error) || code === 'CQ323' || code === 'CQ120'],
    );
    return { status: result.rows[0]?.status ?? 'in other hands', attempt: claim.attempt, reason };
  }
}

/** One job waits per file. */
export function singletonOfFile({ workspaceId, fileId }: Payload): Singleton {
  return { singletonKey: fileId, group: { id: workspaceId } };
}

export const extractFile: JobDefinition<Payload> = {
  queue: {
    name: 'extract-file',
    policy: 'short',
    // the file itself says when it may be tried again; the sweep looks
    retryLimit: 2,
    retryDelay: 30,
    expireInSeconds: 600,
    deleteAfterSeconds: 86_400,
  },
  payload,
  batchSize: 1,
  isFair: true,
  // one that is at its bounds for minutes keeps nobody else's files waiting
  places: READERS,
  handle,
};
