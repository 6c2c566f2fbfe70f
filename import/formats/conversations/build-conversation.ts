import { boundedSource, type ConversationItem, type MessageItem, type Metadata } from '../../items.ts';
import type { LeftOut } from '../../left-out.ts';
import { limits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { type JsonObject, present } from '../json/values.ts';
import { layOutMessages, type MessageLayout, type ReadMessage } from './lay-out-messages.ts';
import type { MessageNode } from './message-node.ts';
import { readMessageTree } from './message-tree.ts';
import { EARLIEST, readTime, timeOf } from './times.ts';

/**
 * The number of this way to read chat exports. It goes up when one that was read before is read better now: importing it again
 * then brings its messages up to date, once.
 */
const READING = 3;

/** What the reader of a format knows before it looks at the messages. */
export interface ConversationFacts {
  /** Null when the export gives none: the first message's id is used. */
  id: string | null;
  importer: string;
  title: string;
  /** How a person finds it, for the report. */
  place: string;
  /** `{ [id]: { parent, children, message } }` */
  mapping: JsonObject;
  readMessage: ReadMessage;
  /** Told of the whole tree before the first message is read; parents come before children. */
  prepare?: (nodes: MessageNode[]) => void;
  createdAt: unknown;
  updatedAt: unknown;
  model: string | null;
  currentLeaf: unknown;
  metadata: (found: { createdAt: number; own: number | null; leftOut: number }) => Metadata;
  /** What the format itself left out, besides messages without text. */
  leftOut?: LeftOut;
}

/** The earliest usable time in the conversation, for messages at the top that have none. */
function fallbackTime(own: number | null, nodes: MessageNode[], now: number): number {
  if (own !== null) return own + 1;
  let earliest = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const given = node.message === null ? null : timeOf(node.message);
    earliest = Math.min(earliest, readTime(given, now) ?? earliest);
  }
  return Number.isFinite(earliest) ? earliest : EARLIEST;
}

/** The leaf that was open; where the export does not say, the newest. */
function leafOf(layout: MessageLayout, messages: MessageItem[], current: unknown): string {
  const open = typeof current === 'string' ? layout.standsFor.get(current) : null;
  return (open ?? messages.at(-1))?.externalId ?? '';
}

/** Changes of documents that did not fit the text that they were to change. */
function changesLeftOut(messages: MessageItem[]): number {
  return messages
    .flatMap(({ attachments }) => attachments)
    .reduce((sum, { metadata }) => sum + (Number(metadata.changes_left_out) || 0), 0);
}

/** Parts in which nothing could be read, as each message says. */
function partsUnread(messages: MessageItem[]): number {
  return messages.reduce(
    (sum, { metadata }) => sum + (Array.isArray(metadata.unread_parts) ? metadata.unread_parts.length : 0),
    0,
  );
}

/** Every branch of a conversation, in order, with times that ids can be made from. */
export function buildConversation(facts: ConversationFacts, now: Date): ConversationItem | SkippedItem {
  const { id, place } = facts;
  const tree = readMessageTree(facts.mapping);
  if ('problem' in tree) return skipped(place, 'broken_tree', tree.problem);
  const root = tree.nodes[0];
  if (root === undefined) return skipped(place, 'empty', 'no messages');
  const limit = now.getTime();
  const own = readTime(facts.createdAt, limit);
  const fallback = fallbackTime(own, tree.nodes, limit);
  facts.prepare?.(tree.nodes);
  const layout = layOutMessages(tree.nodes, facts.readMessage, fallback, limit);
  if (layout.list.length === 0) return skipped(place, 'empty', 'no messages with text');
  if (layout.list.length > limits.messages)
    return skipped(place, 'too_large', `${layout.list.length} messages`);
  // A stable sort: by time, and where times are equal in tree order. A parent is always earlier.
  const ordered = layout.list.toSorted((a, b) => a.time - b.time);
  const messages = ordered.map(
    ({ time, ...message }): MessageItem => ({ ...message, createdAt: new Date(time) }),
  );
  const first = ordered[0]!.time;
  const last = ordered.at(-1)!.time;
  const createdAt = Math.min(own ?? first - 1, first - 1);
  const orphans = tree.nodes.filter((node) => node.missingParent !== null).length;
  return {
    kind: 'conversation',
    source: boundedSource(`${facts.importer}:${id ?? root.id}`),
    title: facts.title,
    createdAt: new Date(createdAt),
    updatedAt: new Date(Math.max(readTime(facts.updatedAt, limit) ?? last, last)),
    model: facts.model ?? messages.findLast((message) => message.model !== null)?.model ?? null,
    messages,
    currentLeaf: leafOf(layout, messages, facts.currentLeaf),
    thoughts: layout.thoughts,
    metadata: {
      ...facts.metadata({ createdAt, own, leftOut: layout.leftOut }),
      ...present({ missing_parents: orphans || null }),
      reading: READING,
    },
    leftOut: {
      ...facts.leftOut,
      empty_messages: layout.leftOut,
      missing_parents: orphans,
      written_changes: changesLeftOut(messages),
      unread_parts: partsUnread(messages),
    },
  };
}
