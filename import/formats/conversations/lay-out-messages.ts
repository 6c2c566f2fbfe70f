import type { MessageItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { asString, type JsonObject, present } from '../json/values.ts';
import type { MessageNode } from './message-node.ts';
import { readTime } from './times.ts';

/** What a reader of one format makes of one message; '' when it says nothing. */
export interface MessageParts
  extends Pick<
    MessageItem,
    'role' | 'content' | 'model' | 'metadata' | 'attachments' | 'toolCalls' | 'feedback'
  > {
  /** Its time, as the export gives it. */
  time: unknown;
  /** What the model thought before it said this; with a content of '' it belongs to the answer that follows. */
  thinking?: string | null;
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
  /** The nodes that are what a model thought, and no messages of their own. */
  thoughts: string[];
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

/** One thing that was thought, on its way to the answer that it led to. */
interface Thought {
  text: string;
  taken: boolean;
}

/** Puts thoughts where they are kept: apart from the text, in the metadata, where no search looks. */
function keepThoughts(message: LaidOutMessage, thoughts: string[]): void {
  if (thoughts.length === 0) return;
  const before = asString(message.metadata.thinking);
  message.metadata = { ...message.metadata, thinking: [before, ...thoughts].filter(Boolean).join('\n\n') };
}

/**
 * Drops the nodes that say nothing and hangs their children on the next one up. What was thought goes to the next
 * message of the model; to the one before when none follows.
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
  const thoughtsBefore = new Map<string, Thought[]>();
  const lost: { thought: Thought; above: LaidOutMessage | null }[] = [];
  const thoughtNodes: string[] = [];
  let leftOut = 0;
  for (const node of nodes) {
    const parent = node.parent === null ? null : (standsFor.get(node.parent) ?? null);
    const before = node.parent === null ? [] : (thoughtsBefore.get(node.parent) ?? []);
    const read = node.message === null ? null : readMessage(node.message, node);
    if (read === null || read.content === '') {
      const thought = read?.thinking ? { text: read.thinking, taken: false } : null;
      if (thought !== null) {
        thoughtNodes.push(node.id);
        lost.push({ thought, above: parent });
      } else if (read !== null) leftOut++;
      thoughtsBefore.set(node.id, thought === null ? before : [...before, thought]);
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
          missing_parent: node.missingParent,
          continues: i === 0 ? null : node.id,
        }),
        attachments: i === 0 ? attachments : [],
        toolCalls: i === 0 ? toolCalls : [],
        feedback: i === 0 ? feedback : null,
        time: time + i,
      };
      if (i === 0) {
        const own = !read.thinking ? [] : [read.thinking];
        keepThoughts(above, read.role === 'assistant' ? [...before.map(({ text }) => text), ...own] : own);
      }
      list.push(above);
    }
    if (read.role === 'assistant') for (const thought of before) thought.taken = true;
    // a tool's answer stands between a thought and what it led to; a person's question ends it
    else if (read.role === 'tool') thoughtsBefore.set(node.id, before);
    standsFor.set(node.id, above);
  }
  for (const { thought, above } of lost)
    if (!thought.taken && above !== null) keepThoughts(above, [thought.text]);
  return { list, standsFor, leftOut, thoughts: thoughtNodes };
}
