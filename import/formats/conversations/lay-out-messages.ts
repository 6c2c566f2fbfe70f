import type { MessageItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { asString, type JsonObject, present } from '../json/values.ts';
import type { MessageNode } from './message-tree.ts';
import { readTime } from './times.ts';

/** What a reader of one format makes of one message; '' when it says nothing. */
export interface MessageParts
  extends Pick<
    MessageItem,
    'role' | 'content' | 'model' | 'metadata' | 'attachments' | 'toolCalls' | 'feedback'
  > {
  /** Its time, as the export gives it. */
  time: unknown;
}

export type ReadMessage = (message: JsonObject, node: MessageNode) => MessageParts;

/** A message in the making; its time is settled only when its parent's is. */
export interface LaidOutMessage extends Omit<MessageItem, 'createdAt'> {
  time: number;
}

export interface MessageLayout {
  /** In tree order. */
  list: LaidOutMessage[];
  /** For every node, kept or not, the kept one it stands for: itself or its nearest ancestor. */
  standsFor: Map<string, LaidOutMessage | null>;
  leftOut: number;
}

/** The name of a model, as long as its column takes. */
export function modelName(value: unknown): string | null {
  return asString(value)?.slice(0, limits.modelCharacters).toWellFormed() ?? null;
}

/** A text too long for one message becomes several, each the child of the one before: nothing is cut off. */
function pieces(text: string): string[] {
  if (text.length <= limits.messageCharacters) return [text];
  const list: string[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + limits.messageCharacters);
    const last = text.charCodeAt(end - 1);
    // Not between the halves of one character.
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--;
    list.push(text.slice(at, end));
    at = end;
  }
  return list;
}

/**
 * Drops the nodes that say nothing and hangs their children on the next one up.
 * @param nodes    with every parent before its children
 * @param fallback the time of a message at the top that has none
 */
export function layOutMessages(
  nodes: MessageNode[],
  readMessage: ReadMessage,
  fallback: number,
  now: number,
): MessageLayout {
  const list: LaidOutMessage[] = [];
  const standsFor = new Map<string, LaidOutMessage | null>();
  let leftOut = 0;
  for (const node of nodes) {
    const parent = node.parent === null ? null : (standsFor.get(node.parent) ?? null);
    const read = node.message === null ? null : readMessage(node.message, node);
    if (read === null || read.content === '') {
      if (read !== null) leftOut++;
      standsFor.set(node.id, parent);
      continue;
    }
    const { time: given, attachments, toolCalls, feedback } = read;
    const own = readTime(given, now);
    const time = Math.max(own ?? (parent === null ? fallback : 0), parent === null ? 0 : parent.time + 1);
    const changed = given !== null && given !== undefined && time !== own;
    let above = parent;
    for (const [i, content] of pieces(read.content).entries()) {
      above = {
        externalId: i === 0 ? node.id : `${node.id}#${i + 1}`,
        parentExternalId: above?.externalId ?? null,
        role: read.role,
        content,
        model: read.model,
        metadata: present({
          ...read.metadata,
          original_create_time: changed ? given : null,
          continues: i === 0 ? null : node.id,
        }),
        attachments: i === 0 ? attachments : [],
        toolCalls: i === 0 ? toolCalls : [],
        feedback: i === 0 ? feedback : null,
        time: time + i,
      };
      list.push(above);
    }
    standsFor.set(node.id, above);
  }
  return { list, standsFor, leftOut };
}
