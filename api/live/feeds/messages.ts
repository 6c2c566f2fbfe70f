import { createHash, type Hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { ApiError } from '../../errors.ts';
import type { Feed, Found } from '../follower.ts';
import { type OpenText, readCursor, writeCursor } from './cursor.ts';

/** Messages that are told together. */
const MOST = 100;
/** Characters of them, beyond which the rest is told next: app_hidden.message_changes. */
const MOST_TEXT = 262_144;

interface Row {
  message_id: string | null;
  sequence_number: number;
  status: string;
  start: number;
  content: string;
}

interface Change {
  messageId: string;
  sequenceNumber: number;
  status: string;
  offset: number;
  text: string;
}

interface Event {
  cursor: string;
  changes: Change[];
}

interface Text extends OpenText {
  /** Of the text so far; absent while only its digest is known, from a cursor. */
  hash?: Hash;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Characters as PostgreSQL counts them. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** The messages of a conversation, from a place on, and the answers in it as they are written. */
export function messagesFeed(
  conversationId: string,
  { after, afterMessageId }: { after?: string | null; afterMessageId?: string | null },
): Feed<Event> {
  const place = after ? readCursor(after, conversationId) : undefined;
  let position = place?.position ?? null;
  const open = new Map<string, Text>(place?.open);
  let isFirst = true;

  async function rowsAfter(
    client: PoolClient,
    number: number | null,
    texts: Map<string, Text>,
  ): Promise<Row[]> {
    const seen = [...texts].map(([id, { length, digest, hash }]) => ({
      id,
      // what was seen before a break is compared once with all of it
      length: hash ? length : 0,
      digest: hash ? digest : digestOf(''),
    }));
    const { rows } = await client.query<Row>(
      'select * from app_hidden.message_changes($1::uuid, $2::integer, $3::jsonb, $4::integer)',
      [conversationId, number, JSON.stringify(seen), MOST],
    );
    return rows;
  }

  /** Where the message is that a client has read up to. */
  async function numberOf(client: PoolClient, messageId: string): Promise<number> {
    const { rows } = await client.query<{ number: number }>(
      `select m.sequence_number as number from app_hidden.find_message($1::uuid) as m where m.conversation_id = $2::uuid`,
      [messageId, conversationId],
    );
    if (rows[0]) return rows[0].number;
    throw new ApiError('CQ204', 'There is no such message in this conversation.', 'Check afterMessageId.');
  }

  async function firstRows(client: PoolClient): Promise<Row[]> {
    const number = afterMessageId ? await numberOf(client, afterMessageId) : null;
    const written = await rowsAfter(client, null, new Map());
    if (number === null) return written;
    const newer = await rowsAfter(client, number, new Map());
    const known = new Set(newer.map((row) => row.message_id));
    return [...written.filter((row) => !known.has(row.message_id)), ...newer];
  }

  /** Takes down what a row says; undefined when a client has it already. */
  function take({
    message_id: id,
    sequence_number: sequenceNumber,
    status,
    start,
    content,
  }: Row): Change | undefined {
    const known = open.get(id!);
    let offset = 0;
    let text = content;
    if (known?.hash && start === known.length) offset = known.units;
    else if (known && !known.hash && digestOf(content.slice(0, known.units)) === known.digest) {
      offset = known.units;
      text = content.slice(known.units);
    }
    if (status !== 'streaming') open.delete(id!);
    else {
      const hash =
        known?.hash && offset > 0 ? known.hash : createHash('sha256').update(content.slice(0, offset));
      hash.update(text);
      const before = offset === 0 ? { length: 0, units: 0 } : known!;
      open.set(id!, {
        length: before.length + lengthOf(text),
        units: before.units + text.length,
        digest: hash.copy().digest('hex'),
        hash,
      });
      if (known && text === '' && offset === known.units) return undefined;
    }
    return { messageId: id!, sequenceNumber, status, offset, text };
  }

  async function read(client: PoolClient): Promise<Found<Event>> {
    const rows = position === null ? await firstRows(client) : await rowsAfter(client, position, open);
    const found = new Set(rows.map((row) => row.message_id));
    for (const id of open.keys()) if (!found.has(id)) open.delete(id);
    const changes: Change[] = [];
    for (const row of rows) {
      if (row.message_id === null) position = row.sequence_number;
      else {
        const change = take(row);
        if (change) changes.push(change);
      }
    }
    changes.sort((one, other) => one.sequenceNumber - other.sequenceNumber);
    const length = changes.reduce((sum, { text }) => sum + text.length, 0);
    const hasMore = changes.length >= MOST || length >= MOST_TEXT;
    if (changes.length === 0 && !isFirst) return {};
    isFirst = false;
    return {
      event: { cursor: writeCursor({ conversationId, position: position!, open }), changes },
      hasMore,
    };
  }

  return { field: 'messageChanged', topics: [`messages ${conversationId}`], ids: [conversationId], read };
}
