import { readContent } from './chatgpt-content.ts';
import { EARLIEST, readTime } from './chatgpt-times.ts';
import { readTree, type TreeNode } from './chatgpt-tree.ts';
import {
  type ConversationItem,
  type MessageItem,
  type Metadata,
  type SkippedItem,
  skipped,
} from './items.ts';
import { asObject, asString, cleanJson, isObject, type JsonObject, present } from './json-values.ts';

/** A message in the making; its time is settled only when its parent's is. */
interface Draft extends Omit<MessageItem, 'createdAt'> {
  time: number;
}

interface Drafts {
  /** In tree order. */
  list: Draft[];
  /** For every node, kept or not, the kept one it stands for: itself or its nearest ancestor. */
  standsFor: Map<string, Draft | null>;
  leftOut: number;
}

/** Drops the nodes that say nothing and hangs their children on the next one up. */
function draftMessages(nodes: TreeNode[], fallback: number, now: number): Drafts {
  const list: Draft[] = [];
  const standsFor = new Map<string, Draft | null>();
  let leftOut = 0;
  for (const node of nodes) {
    const parent = node.parent === null ? null : (standsFor.get(node.parent) ?? null);
    const read = node.message === null ? null : readContent(node.message);
    if (node.message === null || read === null || read.content === '') {
      if (read !== null) leftOut++;
      standsFor.set(node.id, parent);
      continue;
    }
    const given = node.message.create_time;
    const own = readTime(given, now);
    const time = Math.max(own ?? (parent === null ? fallback : 0), parent === null ? 0 : parent.time + 1);
    const changed = given !== null && given !== undefined && time !== own;
    const draft: Draft = {
      externalId: node.id,
      parentExternalId: parent?.externalId ?? null,
      role: read.role,
      content: read.content,
      model: read.role === 'assistant' ? asString(asObject(node.message.metadata).model_slug) : null,
      metadata: changed ? { ...read.metadata, original_create_time: given } : read.metadata,
      time,
    };
    list.push(draft);
    standsFor.set(node.id, draft);
  }
  return { list, standsFor, leftOut };
}

/** The earliest usable time in the conversation, for messages at the top that have none. */
function fallbackTime(own: number | null, nodes: TreeNode[], now: number): number {
  if (own !== null) return own + 1;
  let earliest = Number.POSITIVE_INFINITY;
  for (const node of nodes)
    earliest = Math.min(earliest, readTime(node.message?.create_time, now) ?? earliest);
  return Number.isFinite(earliest) ? earliest : EARLIEST;
}

function conversationMetadata(
  conversation: JsonObject,
  times: { own: number | null; createdAt: number },
  leftOut: number,
  cleaned: number,
): Metadata {
  const { own, createdAt } = times;
  const { is_archived, is_starred, gizmo_id, conversation_template_id, voice, create_time } = conversation;
  return present({
    importer: 'chatgpt',
    is_archived: is_archived === true ? true : null,
    is_starred: is_starred === true ? true : null,
    gizmo_id,
    conversation_template_id,
    voice,
    original_create_time: createdAt === own ? null : create_time,
    empty_messages_left_out: leftOut > 0 ? leftOut : null,
    cleaned: cleaned > 0 ? cleaned : null,
  });
}

function conversationId(conversation: JsonObject): string | null {
  return asString(conversation.conversation_id) ?? asString(conversation.id);
}

/** The leaf that was open; where the export does not say, the newest. */
function leafOf(drafts: Drafts, messages: MessageItem[], current: unknown): string {
  const open = typeof current === 'string' ? drafts.standsFor.get(current) : null;
  return (open ?? messages.at(-1))?.externalId ?? '';
}

/**
 * One element of an export as a conversation: every branch, in order, with times that ids can be made from.
 * @param label how to name it when it has no id, as `conversations.json #3`
 */
export function readConversation(parsed: unknown, label: string, now: Date): ConversationItem | SkippedItem {
  const { value, cleaned } = cleanJson(parsed);
  if (!isObject(value) || !isObject(value.mapping))
    return skipped(label, 'unsupported', 'not a conversation: no "mapping"');
  const id = conversationId(value);
  const name = asString(value.title) ?? 'Untitled';
  const place = id === null ? label : `chatgpt:${id} (${name})`;
  const tree = readTree(value.mapping);
  if ('problem' in tree) return skipped(place, 'broken_tree', tree.problem);
  const root = tree.nodes[0];
  if (root === undefined) return skipped(place, 'empty', 'no messages');
  const limit = now.getTime();
  const own = readTime(value.create_time, limit);
  const drafts = draftMessages(tree.nodes, fallbackTime(own, tree.nodes, limit), limit);
  if (drafts.list.length === 0) return skipped(place, 'empty', 'no messages with text');
  // A stable sort: by time, and where times are equal in tree order. A parent is always earlier.
  const ordered = drafts.list.toSorted((a, b) => a.time - b.time);
  const messages = ordered.map(
    ({ time, ...message }): MessageItem => ({ ...message, createdAt: new Date(time) }),
  );
  const first = ordered[0]!.time;
  const last = ordered.at(-1)!.time;
  const createdAt = Math.min(own ?? first - 1, first - 1);
  return {
    kind: 'conversation',
    source: `chatgpt:${id ?? root.id}`,
    title: name,
    createdAt: new Date(createdAt),
    updatedAt: new Date(Math.max(readTime(value.update_time, limit) ?? last, last)),
    model:
      asString(value.default_model_slug) ??
      messages.findLast((message) => message.model !== null)?.model ??
      null,
    messages,
    currentLeaf: leafOf(drafts, messages, value.current_node),
    metadata: conversationMetadata(value, { own, createdAt }, drafts.leftOut, cleaned),
  };
}
