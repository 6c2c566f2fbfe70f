import { z } from 'zod';
import { ApiError } from '../../errors.ts';

/** What a subscriber has of an answer that is being written: characters as PostgreSQL and as JavaScript count them, and a digest of the text. */
export interface OpenText {
  length: number;
  units: number;
  digest: string;
}

/** Where in a conversation somebody is: every message up to a number, and some that are being written. */
export interface Place {
  conversationId: string;
  position: number;
  open: Map<string, OpenText>;
}

const count = z.number().int().min(0);

const written = z.tuple([
  z.literal(1),
  z.uuid(),
  count,
  z.array(z.tuple([z.uuid(), count, count, z.string().regex(/^[0-9a-f]{64}$/)])).max(200),
]);

/** Characters of the longest cursor. */
const LONGEST = 50_000;

export function writeCursor({ conversationId, position, open }: Place): string {
  const texts = [...open].map(([id, { length, units, digest }]) => [id, length, units, digest]);
  return Buffer.from(JSON.stringify([1, conversationId, position, texts])).toString('base64url');
}

/** @throws ApiError CQ805 for what is no cursor of this conversation */
export function readCursor(cursor: string, conversationId: string): Place {
  try {
    if (cursor.length > LONGEST) throw new RangeError('It is too long.');
    const [, id, position, texts] = written.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    if (id !== conversationId.toLowerCase()) throw new RangeError('It is of another conversation.');
    return {
      conversationId: id,
      position,
      open: new Map(texts.map(([message, length, units, digest]) => [message, { length, units, digest }])),
    };
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof SyntaxError || error instanceof RangeError))
      throw error;
    const hint = 'Pass the cursor of an event as it came, or leave it out and read the conversation.';
    throw new ApiError('CQ805', 'This is no cursor of a subscription to this conversation.', hint);
  }
}
