import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { errorCode } from '../lib/errors.ts';
import { BUSY } from '../lib/gate.ts';
import { noImage } from '../lib/images.ts';
import { asParty, type Party } from '../lib/party.ts';
import { cleanText } from '../lib/storable.ts';
import type { FileStorage } from '../lib/storage.ts';
import { isUuid } from '../lib/uuid.ts';
import { authenticate, type Settings, VISITOR } from './authentication.ts';
import { rememberParty, throughDoor } from './door-turns.ts';
import { ApiError } from './errors.ts';
import { FairTurns, NoTurn } from './fair-turns.ts';
import { directUpload, noLinks, uploadLink } from './file-links.ts';
import { sendJson } from './http/answers.ts';
import { prepareRefusal, statusOf, toldError } from './http/refusal.ts';
import { requestIds } from './http/request-ids.ts';
import type { VerifyIdentity } from './identity-provider.ts';
import { addressOf, callerOf, type Limiter, partyOf } from './limits/limiter.ts';
import { loopTurn } from './loop-turns.ts';
import { myDataSender } from './my-data.ts';
import { parseRange } from './range.ts';
import { inRequest } from './transaction.ts';
import { asImage, type Begun, begin } from './upload-bytes.ts';

export interface FilesOptions {
  pool: Pool;
  limiter: Limiter;
  storage: FileStorage;
  verifyIdentity?: VerifyIdentity | undefined;
}

const LONGEST_URL = 8192;
/** Of an account at the same time, how many more wait for them, and for how long (milliseconds). */
const DOWNLOADS = { size: Number.POSITIVE_INFINITY, each: 16, waiting: 200, patience: 10_000 };

/** What a client is told of each code, where it is not 500. */
const STATUS: Record<string, number> = {
  CQ101: 401,
  CQ109: 403,
  CQ110: 403,
  CQ142: 403,
  CQ200: 400,
  CQ204: 404,
  CQ244: 415,
  CQ403: 403,
  CQ404: 404,
  CQ405: 405,
  CQ408: 503,
  CQ409: 409,
  CQ413: 413,
  CQ416: 416,
  CQ507: 507,
  CQ860: 415,
  CQ861: 413,
  CQ862: 400,
  CQ863: 503,
  CQ864: 400,
  CQ865: 409,
};

/** Unknown, in another workspace, somebody else's, only described: all the same. */
function noFile(): ApiError {
  return new ApiError(
    'CQ204',
    'There is no such file.',
    "It may be somebody else's, or in another workspace.",
  );
}

interface Upload {
  name: string;
  mimeType: string | null;
  conversationId: string | null;
  visibility: 'private' | 'workspace';
  sourceUrl: string | null;
}

function readUpload(request: IncomingMessage, query: URLSearchParams): Upload {
  const text = (name: string): string | null => {
    const value = query.get(name);
    return value === null || value.trim() === '' ? null : cleanText(value.trim());
  };
  const unusable = (message: string, hint: string) => new ApiError('CQ200', message, hint);
  if (request.headers['content-range'] !== undefined) {
    throw new ApiError(
      'CQ862',
      'A part of a file was sent.',
      'Send all of it as one body; Content-Range is not taken.',
    );
  }
  const name = text('name');
  if (name === null || name.length > 1000) {
    throw unusable('name is missing, or too long.', 'Send it as POST /files?name=report.pdf');
  }
  const visibility = text('visibility')?.toLowerCase() ?? 'private';
  if (visibility !== 'private' && visibility !== 'workspace') {
    throw unusable('visibility is private or workspace.', 'Leave it out for private.');
  }
  const conversationId = text('conversationId');
  if (conversationId !== null && !isUuid(conversationId)) {
    throw unusable('conversationId is not a UUID.', 'Leave it out when there is none.');
  }
  const sourceUrl = text('sourceUrl');
  if (sourceUrl !== null && sourceUrl.length > 2048) {
    throw unusable('sourceUrl has at most 2,048 characters.', 'Leave it out when there is none.');
  }
  return { name, mimeType: request.headers['content-type'] ?? null, conversationId, visibility, sourceUrl };
}

interface FileRow {
  id: string;
  original_name: string;
  mime_type: string;
  byte_size: string;
  sha256: Buffer;
  storage_path: string;
  processing_status: string;
  metadata: { image?: { width: number; height: number } };
}

function describe(file: FileRow): object {
  return {
    file: {
      id: file.id,
      originalName: file.original_name,
      mimeType: file.mime_type,
      byteSize: Number(file.byte_size),
      sha256: file.sha256.toString('hex'),
      processingStatus: file.processing_status.toUpperCase(),
      ...(file.metadata.image ? { image: file.metadata.image } : {}),
    },
  };
}

/** A name for a header: what a shell or a browser might misread is replaced, and the real one comes encoded. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w. -]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*!]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Types that say nothing, or that the bytes themselves say better. */
const TOLD_BY_BYTES = /^\s*(?:image\/|application\/octet-stream\b|;|$)/i;

/** POST /files takes a file as the body, GET and HEAD /files/:id give it back, GET /my-data everything of the caller. */
export function filesHandler({ pool, limiter, storage, verifyIdentity }: FilesOptions) {
  const downloads = new FairTurns(DOWNLOADS);
  const sendMyData = myDataSender(pool, storage);

  /** What it is, and how large it may be. An image is what its bytes say, whatever it is called. */
  async function prepare(settings: Settings, upload: Upload, begun?: Begun) {
    const limit = await inRequest(pool, settings, async (client) => {
      const { rows } = await client.query<{ accepted_type: string; max_bytes: string }>(
        `select accepted_type, max_bytes from app_hidden.prepare_upload(
           original_name => $1::text, mime_type => $2::text, conversation_id => $3::uuid)`,
        [upload.name, begun?.imageType ?? upload.mimeType, upload.conversationId],
      );
      return { type: rows[0]!.accepted_type, maxBytes: Number(rows[0]!.max_bytes) };
    });
    return { ...limit, isImage: limit.type.startsWith('image/') };
  }

  async function post(
    request: IncomingMessage,
    response: ServerResponse,
    settings: Settings,
    query: URLSearchParams,
  ) {
    const upload = readUpload(request, query);
    if (query.has('link')) {
      const limit = await prepare(settings, upload);
      sendJson(response, 200, { upload: await uploadLink(storage, settings, query, limit) });
      return;
    }
    const id = query.get('upload');
    const direct = id === null ? undefined : await directUpload(storage, settings, id);
    const source = direct?.bytes() ?? request.iterator({ destroyOnReturn: false });
    const begun = TOLD_BY_BYTES.test(upload.mimeType ?? '') ? await begin(source) : undefined;
    const limit = await prepare(settings, upload, begun);
    if (limit.isImage && begun?.imageType === undefined) throw noImage();
    if (Number(request.headers['content-length'] ?? 0) > limit.maxBytes) {
      throw new ApiError('CQ413', `A file of this type has at most ${limit.maxBytes} bytes.`, 'Split it.');
    }
    let metadata: FileRow['metadata'] = {};
    const bytes = begun?.bytes ?? source;
    const looked = limit.isImage
      ? asImage(bytes, (image) => {
          metadata = { image };
        })
      : bytes;
    const received = direct ? await direct.take(looked, limit) : await storage.receive(looked, limit);
    try {
      const file = await inRequest(pool, settings, async (client) => {
        const { rows } = await client.query<FileRow>(
          `select * from app_hidden.register_file(
             original_name => $1::text, mime_type => $2::text, byte_size => $3::bigint, sha256 => $4::bytea,
             conversation_id => $5::uuid, visibility => $6::app_public.visibility, source_url => $7::text,
             metadata => $8::jsonb)`,
          [
            upload.name,
            limit.type,
            received.size,
            received.sha256,
            upload.conversationId,
            upload.visibility,
            upload.sourceUrl,
            JSON.stringify(metadata),
          ],
        );
        await received.place(rows[0]!.storage_path);
        return rows[0]!;
      });
      response.setHeader('location', `/files/${file.id}`);
      sendJson(response, 201, describe(file));
    } finally {
      await received.discard();
    }
  }

  /** An address by which the client reads the bytes from the storage itself, always to be saved: other headers are not the storage's. */
  async function giveLink(response: ServerResponse, file: FileRow): Promise<void> {
    const link = await storage.links?.read(file.storage_path, {
      type: file.mime_type,
      disposition: `attachment; ${disposition(file.original_name)}`,
    });
    if (!link) throw noLinks();
    sendJson(response, 200, { link });
  }

  async function get(
    request: IncomingMessage,
    response: ServerResponse,
    settings: Settings,
    id: string,
    query: URLSearchParams,
  ) {
    if (!isUuid(id)) throw noFile();
    const file = await inRequest(pool, settings, async (client) => {
      await client.query('select app_hidden.require_member()');
      const { rows } = await client.query<FileRow>(
        `select id, original_name, mime_type, byte_size, sha256, storage_path, processing_status, metadata
         from app_public.files where id = $1::uuid and sha256 is not null`,
        [id],
      );
      return rows[0];
    });
    if (!file) throw noFile();
    if (query.has('link')) {
      await giveLink(response, file);
      return;
    }
    const size = await storage.size(file.storage_path);
    if (size === null) throw new Error(`The bytes of file ${id} are not in the storage`);
    const etag = `"${file.sha256.toString('hex')}"`;
    const headers = {
      'content-type': file.mime_type,
      // an image that the server has looked at is shown; everything else is saved
      'content-disposition': `${file.metadata.image ? 'inline' : 'attachment'}; ${disposition(file.original_name)}`,
      // whatever a browser makes of it, it runs nothing and loads nothing
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      etag,
    };
    const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    if (known?.includes(etag) || known?.includes('*')) {
      response.writeHead(304, headers).end();
      return;
    }
    const ifRange = request.headers['if-range'];
    const range =
      ifRange === undefined || ifRange === etag ? parseRange(request.headers.range, size) : undefined;
    if (range === 'unsatisfiable') {
      response.setHeader('content-range', `bytes */${size}`);
      throw new ApiError('CQ416', 'The file does not have that range.', `It has ${size} bytes.`);
    }
    response.writeHead(range ? 206 : 200, {
      ...headers,
      'content-length': range ? range.end - range.start + 1 : size,
      ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${size}` } : {}),
    });
    if (request.method === 'HEAD' || size === 0) {
      response.end();
      return;
    }
    await pipeline(storage.read(file.storage_path, range), response);
  }

  /** As many at the same time as one account may have: what it takes slowly holds up none but its own. */
  async function getInTurn(
    request: IncomingMessage,
    response: ServerResponse,
    settings: Settings,
    id: string,
    query: URLSearchParams,
  ): Promise<void> {
    try {
      await downloads.run(partyOf(request, settings), async () => {
        // nobody waits for it any more
        if (!request.socket.destroyed) await get(request, response, settings, id, query);
      });
    } catch (error) {
      if (!(error instanceof NoTurn)) throw error;
      throw new ApiError(
        BUSY,
        'Too many downloads of this account are on their way.',
        'Take some to the end first, and try again, as the header Retry-After says.',
      );
    }
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: unknown, settings?: Settings) {
    if (response.headersSent || request.socket.destroyed) {
      response.destroy();
      return;
    }
    const info = {
      id: requestIds(request).id,
      isVisitor: (settings?.role ?? VISITOR) === VISITOR,
    };
    const { message, ...extensions } = toldError(error, info);
    const status = statusOf(error, extensions.code, STATUS);
    prepareRefusal(request, response, status, 'Bearer realm="colloquy"');
    sendJson(response, status, { errors: [{ message, extensions }] });
  }

  async function handle(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    party: Party,
  ): Promise<void> {
    let settings: Settings | undefined;
    try {
      const url = request.url ?? '';
      if (url.length > LONGEST_URL)
        throw new ApiError('CQ200', 'The address is too long.', 'Shorten the name.');
      const isMyData = path === '/my-data';
      const query = new URLSearchParams(url.split('?')[1] ?? '');
      const id = path === '/files' || isMyData ? undefined : path.slice('/files/'.length);
      const allowed = id === undefined && !isMyData ? ['POST'] : ['GET', 'HEAD'];
      if (!allowed.includes(request.method ?? '')) {
        response.setHeader('allow', allowed.join(', '));
        throw new ApiError(
          'CQ405',
          `Only ${allowed.join(' and ')} work here.`,
          'POST /files stores, GET /files/:id reads, GET /my-data gives everything of yours.',
        );
      }
      // bytes come and go at the client's pace: only who it is is found out at the door
      settings = await throughDoor(request, () => authenticate(pool, request, { verifyIdentity }));
      if (settings.role === VISITOR) {
        throw new ApiError('CQ101', 'You are not signed in.', 'Send a token as "Authorization: Bearer …".');
      }
      party.name = partyOf(request, settings);
      rememberParty(request, party.name);
      await loopTurn(party.name, false);
      const caller = callerOf(settings);
      await limiter.take('requests', caller, response);
      if (isMyData) await sendMyData(request, response, settings);
      else if (id === undefined) {
        await limiter.take('uploads', { ...addressOf(request), ...caller }, response);
        await post(request, response, settings, query);
      } else await getInTurn(request, response, settings, id, query);
    } catch (error) {
      // whoever went away in the middle is told nothing
      if (['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errorCode(error) ?? '')) response.destroy();
      else refuse(request, response, error, settings);
    }
  }

  return (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const party: Party = { name: partyOf(request) };
    return asParty(party, () => handle(request, response, path, party));
  };
}
