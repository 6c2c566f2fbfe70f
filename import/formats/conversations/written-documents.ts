import type { ContentType } from '../../../reading/file-kinds.ts';
import type { AttachmentItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { clipped, type JsonObject, present } from '../json/values.ts';
import type { MessageNode } from './message-node.ts';

/** Characters of all versions that are kept with their messages; what is beyond is in the calls that wrote it. */
const MOST_VERSIONS = 4_000_000;

/** A document that a model writes in a conversation, as it stands at one message. */
export interface WrittenDocument {
  name: string;
  text: string;
  contentType: ContentType;
  language: string | null;
  /** What it is, for its metadata: `kind` and what the export says of it. */
  facts: JsonObject;
}

/** What one message does to a document. */
export interface DocumentChange {
  /** Null: the one that was changed last. */
  id: string | null;
  /** The document afterwards; null when the change does not fit it. */
  apply: (before: WrittenDocument | null) => WrittenDocument | null;
}

interface State extends WrittenDocument {
  version: number;
}

interface Documents {
  states: Map<string, State>;
  last: string | null;
}

/** What became of the documents of a conversation. */
export interface WrittenDocuments {
  /** The last versions, at the message that began each. */
  attachmentsOf(nodeId: string): AttachmentItem[];
  /** What a message wrote: each version with its text. */
  versionsOf(nodeId: string): JsonObject[];
}

interface History {
  /** The message that began it. */
  first: string;
  steps: { node: string; state: State }[];
  /** Changes that did not fit. */
  leftOut: number;
}

const NONE: Documents = { states: new Map(), last: null };

/** The version that counts: the last one on the branch that is open, or else the last one of all. */
function lastVersion({ steps }: History, open: Set<string>): State {
  return (steps.findLast(({ node }) => open.has(node)) ?? steps.at(-1)!).state;
}

function attachmentOf(id: string, history: History, open: Set<string>): AttachmentItem {
  const { name, text, contentType, language, facts, version } = lastVersion(history, open);
  return {
    externalId: id,
    name: clipped(name.replace(/\p{Cc}/gu, ' '), 255),
    mimeType: null,
    size: null,
    bytes: 'written',
    text,
    contentType,
    language,
    metadata: present({ ...facts, versions: version, changes_left_out: history.leftOut || null }),
  };
}

/** Applies the changes of one message to what its parent left; the parent's documents stay as they were. */
function changed(
  before: Documents,
  changes: DocumentChange[],
  note: (id: string, state: State | null) => void,
): Documents {
  const states = new Map(before.states);
  let { last } = before;
  for (const { id: named, apply } of changes) {
    const id = named === null ? last : clipped(named.replace(/\p{Cc}/gu, ' '), limits.attachmentIdCharacters);
    if (id === null) continue;
    const old = states.get(id) ?? null;
    const next = apply(old);
    const state = next === null ? null : { ...next, version: (old?.version ?? 0) + 1 };
    if (state !== null) states.set(id, state);
    note(id, state);
    last = id;
  }
  return { states, last };
}

/**
 * Follows the documents that are written in a conversation along its branches.
 * @param nodes       with every parent before its children
 * @param currentLeaf the end of the branch that is open
 */
export function followDocuments(
  nodes: MessageNode[],
  currentLeaf: unknown,
  changesOf: (node: MessageNode) => DocumentChange[],
): WrittenDocuments {
  const left = new Map<string, Documents>();
  const histories = new Map<string, History>();
  const versions = new Map<string, JsonObject[]>();
  let kept = 0;
  for (const node of nodes) {
    const before = (node.parent === null ? undefined : left.get(node.parent)) ?? NONE;
    const changes = changesOf(node);
    left.set(
      node.id,
      changes.length === 0
        ? before
        : changed(before, changes, (id, state) => {
            const history = histories.get(id) ?? { first: node.id, steps: [], leftOut: 0 };
            if (state === null) {
              history.leftOut++;
              return;
            }
            history.steps.push({ node: node.id, state });
            histories.set(id, history);
            const { name, version, text } = state;
            kept += text.length;
            const words = kept <= MOST_VERSIONS ? { text } : { characters: text.length };
            versions.set(node.id, [
              ...(versions.get(node.id) ?? []),
              { document: id, name, version, ...words },
            ]);
          }),
    );
  }
  const open = new Set<string>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  for (let at = typeof currentLeaf === 'string' ? byId.get(currentLeaf) : undefined; at !== undefined; ) {
    open.add(at.id);
    at = at.parent === null ? undefined : byId.get(at.parent);
  }
  const attachments = new Map<string, AttachmentItem[]>();
  for (const [id, history] of histories) {
    const { text } = lastVersion(history, open);
    if (text.trim() === '' || Buffer.byteLength(text) > limits.documentBytes) continue;
    const list = attachments.get(history.first) ?? [];
    attachments.set(history.first, [...list, attachmentOf(id, history, open)]);
  }
  return {
    attachmentsOf: (id) => attachments.get(id) ?? [],
    versionsOf: (id) => versions.get(id) ?? [],
  };
}
