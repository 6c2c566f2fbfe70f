import { createHash } from 'node:crypto';
import type { ContentType } from '../reading/file-kinds.ts';
import type { LeftOut } from './left-out.ts';
import { limits } from './options.ts';

/**
 * What the readers hand to the writer. Everything in an item is safe to store: valid Unicode without NUL, times
 * that are real and not in the future, and a `source` that is the same each time the same thing is read.
 */

export type Metadata = Record<string, unknown>;
export type MessageRole = 'user' | 'assistant' | 'system' | 'tool';

/** One file, whole. For HTML, `content` is the readable text and headings are `#` lines. */
export interface DocumentItem {
  kind: 'document';
  /**
   * The identity that makes an import idempotent: a web address for a git checkout with a remote,
   * `file:<folder>/<path>` for any other folder, `repomix:<name>/<path>` for a packed file.
   */
  source: string;
  title: string;
  content: string;
  contentType: ContentType;
  /** The programming language of code; null for prose. */
  language: string | null;
  /** Where it comes from, few could read it: it is shared only when that is asked for. */
  isPrivate?: boolean;
  metadata: Metadata;
  /** What of it is not in `content`. */
  leftOut?: LeftOut;
}

export interface MessageItem {
  /** Unique within the conversation, and the same in every later export. */
  externalId: string;
  /** An earlier message of the same conversation, or null where the tree begins. */
  parentExternalId: string | null;
  role: MessageRole;
  content: string;
  /** Later than the parent's, and later than the conversation's. */
  createdAt: Date;
  model: string | null;
  metadata: Metadata;
  attachments: AttachmentItem[];
  toolCalls: ToolCallItem[];
  feedback: FeedbackItem | null;
}

/** A file that went with a message. Exports describe it; few contain it. */
export interface AttachmentItem {
  /** Unique within the conversation, and the same in every later export. */
  externalId: string;
  name: string;
  mimeType: string | null;
  size: number | null;
  /** `written`: a document that the model wrote in the conversation, whose last version is `text`. */
  bytes: 'in_export' | 'missing' | 'written';
  /** What was read from it, when the export has that. */
  text: string | null;
  /** How the text is to be cut; plain text when nothing is said. */
  contentType?: ContentType;
  language?: string | null;
  metadata: Metadata;
}

/** A tool call of an assistant's message, over and done with. */
export interface ToolCallItem {
  turn: number;
  position: number;
  name: string;
  arguments: unknown;
  status: 'succeeded' | 'failed';
  result: unknown;
  error: string | null;
}

/** What whoever owns the export thought of a message. */
export interface FeedbackItem {
  type: 'positive' | 'neutral' | 'negative';
  comment: string | null;
  givenAt: Date | null;
}

/** One conversation with all its branches. A message comes after its parent; otherwise the order is by time. */
export interface ConversationItem {
  kind: 'conversation';
  /** `chatgpt:<conversation id>` or `claude:<conversation id>` */
  source: string;
  title: string;
  createdAt: Date;
  updatedAt: Date;
  model: string | null;
  messages: MessageItem[];
  /** The last message of the branch that was open when the export was made. */
  currentLeaf: string;
  /** Ids of what a model thought: not messages, though an earlier import may have made some of them. */
  thoughts: string[];
  metadata: Metadata;
  /** What of it is in no message. */
  leftOut?: LeftOut;
}

/** Something that happened in another system, as that system tells it. */
export interface EventItem {
  kind: 'event';
  /** `slack:<channel id>:<time stamp>` */
  source: string;
  system: string;
  eventType: string;
  externalId: string;
  payload: unknown;
  /** As of a document: a direct message, or one of a private channel. */
  isPrivate?: boolean;
  metadata: Metadata;
  /** What of it is not in `payload`. */
  leftOut?: LeftOut;
}

/** A file that is stored as it is, and read by the worker. */
export interface UploadItem {
  kind: 'upload';
  /** As of a document. */
  source: string;
  absolute: string;
  /** Its bytes, when they are only a part of that file. */
  bytes?: Buffer;
  name: string;
  mimeType: string;
  size: number;
  metadata: Metadata;
  /** The attachment of a conversation that these are the bytes of; it was written before. */
  attachment?: { conversation: string; externalId: string } | undefined;
  leftOut?: LeftOut;
}

/** Something that another assistant remembers of a person. */
export interface MemoryItem {
  kind: 'memory';
  /** Where it stands in the export: `claude:memory/<account>/<heading>` */
  source: string;
  /** What it is about: a new text for it takes the place of the one before. */
  subject: string;
  content: string;
  metadata: Metadata;
  leftOut?: LeftOut;
}

export type ImportItem = DocumentItem | ConversationItem | EventItem | UploadItem | MemoryItem;

/** An identity that fits its column: the end of a very long one becomes its hash. */
export function boundedSource(source: string): string {
  const formed = source.toWellFormed();
  if (formed.length <= limits.sourceCharacters) return formed;
  const hash = createHash('sha256').update(formed).digest('hex');
  return `${formed.slice(0, limits.sourceCharacters - hash.length - 1).toWellFormed()}~${hash}`;
}

/** How a person finds an item again. */
export const nameOf = (item: ImportItem): string =>
  item.kind === 'conversation' ? `${item.source} (${item.title})` : item.source;
