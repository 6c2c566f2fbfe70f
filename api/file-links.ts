import { randomUUID } from 'node:crypto';
import type { DirectUpload, FileStorage, Link } from '../lib/storage.ts';
import { isUuid } from '../lib/uuid.ts';
import type { Settings } from './authentication.ts';
import { ApiError } from './errors.ts';

export function noLinks(): ApiError {
  return new ApiError(
    'CQ864',
    'There are no links to the storage of files here.',
    'Send and fetch the bytes by POST /files and GET /files/:id. An operator offers links by FILES_LINK_SECONDS.',
  );
}

/** Who sends it is a part of the name: what others have sent cannot be named. */
const nameOf = (settings: Settings, id: string): string =>
  `${settings['colloquy.workspace_id']}_${settings['colloquy.user_id']}_${id}`;

/**
 * An address to which the client sends the bytes itself.
 * @throws ApiError CQ200, CQ413, CQ864
 */
export async function uploadLink(
  storage: FileStorage,
  settings: Settings,
  query: URLSearchParams,
  { type, maxBytes }: { type: string; maxBytes: number },
): Promise<Link & { id: string; method: 'PUT'; headers: Record<string, string> }> {
  if (!storage.links) throw noLinks();
  const size = query.get('size') ?? '';
  const sha256 = query.get('sha256') ?? '';
  if (!/^[1-9]\d{0,14}$/.test(size) || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new ApiError(
      'CQ200',
      'A link takes exactly one content.',
      'Send size, in bytes, and sha256, in hexadecimal: POST /files?link&name=report.pdf&size=…&sha256=…',
    );
  }
  if (Number(size) > maxBytes) {
    throw new ApiError('CQ413', `A file of this type has at most ${maxBytes} bytes.`, 'Split it.');
  }
  const id = randomUUID();
  const what = { size: Number(size), type, sha256: Buffer.from(sha256, 'hex') };
  const link = await storage.links.write(nameOf(settings, id), what);
  return { id, method: 'PUT', ...link };
}

/**
 * What the caller has sent to such an address.
 * @throws ApiError CQ864, CQ865
 */
export async function directUpload(
  storage: FileStorage,
  settings: Settings,
  id: string,
): Promise<DirectUpload> {
  if (!storage.links) throw noLinks();
  const upload = isUuid(id) ? await storage.links.arrived(nameOf(settings, id)) : null;
  if (upload) return upload;
  throw new ApiError(
    'CQ865',
    'Nothing of that upload has arrived.',
    'Send all of it to its link first; what is not completed within an hour is removed.',
  );
}
