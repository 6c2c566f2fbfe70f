import { type Drafts, draftMessages, modelName } from './chatgpt-messages.ts';
import { EARLIEST, readTime } from './chatgpt-times.ts';
import { readTree, type TreeNode } from './chatgpt-tree.ts';
import {
  boundedSource,
  type ConversationItem,
  limits,
  type MessageItem,
  type Metadata,
  type SkippedItem,
  skipped,
} from './items.ts';
import { asString, cleanJson, isObject, type JsonObject, present } from './json-values.ts';

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
    gizmo_id: shortString(gizmo_id),
    conversation_template_id: shortString(conversation_template_id),
    voice: shortString(voice),
    original_create_time:
      createdAt === own ? null : typeof create_time === 'number' ? create_time : shortString(create_time),
    empty_messages_left_out: leftOut > 0 ? leftOut : null,
    cleaned: cleaned > 0 ? cleaned : null,
  });
}

function shortString(value: unknown): string | null {
  const text = asString(value);
  return text !== null && text.length <= 200 ? text : null;
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
  if (drafts.list.length > limits.messages)
    return skipped(place, 'too_large', `${drafts.list.length} messages`);
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
    source: boundedSource(`chatgpt:${id ?? root.id}`),
    title: name,
    createdAt: new Date(createdAt),
    updatedAt: new Date(Math.max(readTime(value.update_time, limit) ?? last, last)),
    model:
      modelName(value.default_model_slug) ??
      messages.findLast((message) => message.model !== null)?.model ??
      null,
    messages,
    currentLeaf: leafOf(drafts, messages, value.current_node),
    metadata: conversationMetadata(value, { own, createdAt }, drafts.leftOut, cleaned),
  };
}
