import type { Client } from './client.ts';

export interface UploadOptions {
  /** What it is called; needed where the body has no name of its own. */
  name?: string | undefined;
  /** Its type (`application/pdf`). Default: that of the body, or the one that the ending of the name stands for. */
  contentType?: string | undefined;
  /** Who may read it besides its owner. */
  visibility?: 'private' | 'workspace' | undefined;
  /** The conversation that it is sent in. */
  conversationId?: string | undefined;
  /** Where it comes from: a later file from the same place brings its document up to date. */
  sourceUrl?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A file as the server has it. */
export interface UploadedFile {
  id: string;
  originalName: string;
  mimeType: string;
  byteSize: number;
  sha256: string;
  processingStatus: 'PENDING' | 'PROCESSING' | 'COMPLETED' | 'FAILED';
}

/** What can be uploaded. Browsers stream a File from its disk, and other streams only where they have HTTP/2. */
export type UploadBody =
  | Blob
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>;

const isStream = (body: UploadBody): boolean =>
  Symbol.asyncIterator in body || body instanceof ReadableStream;

/**
 * Uploads a file, without holding it in memory. The same bytes again are the first file, so what can be read twice is sent again while the
 * server is busy or away; a stream is not.
 */
export async function upload(
  client: Client,
  body: UploadBody,
  {
    name = body instanceof Blob && 'name' in body ? String(body.name) : '',
    contentType,
    signal,
    ...place
  }: UploadOptions = {},
): Promise<UploadedFile> {
  const asked = new URLSearchParams({ name });
  for (const [key, value] of Object.entries(place)) if (value !== undefined) asked.set(key, value);
  const type = contentType || (body instanceof Blob && body.type) || 'application/octet-stream';
  const init: RequestInit & { duplex?: 'half' } = {
    method: 'POST',
    headers: { 'content-type': type },
    body: body as NonNullable<RequestInit['body']>,
    ...(signal ? { signal } : {}),
    ...(isStream(body) ? { duplex: 'half' } : {}),
  };
  const response = await client.fetch(`/files?${asked}`, init, { isRepeatable: !isStream(body) });
  const { file } = (await response.json()) as { file: UploadedFile };
  return file;
}
