import { createHash } from 'node:crypto';
import type { ContentType } from '../reading/file-kinds.ts';

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
  metadata: Metadata;
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
  bytes: 'in_export' | 'missing';
  /** What was read from it, when the export has that. */
  text: string | null;
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
  metadata: Metadata;
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
  metadata: Metadata;
}

/** A file that is stored as it is, and read by the worker. */
export interface UploadItem {
  kind: 'upload';
  /** As of a document. */
  source: string;
  absolute: string;
  name: string;
  mimeType: string;
  size: number;
  metadata: Metadata;
}

export type ImportItem = DocumentItem | ConversationItem | EventItem | UploadItem;

/** Why something was not imported. Stable codes; docs/import.md explains each. */
export const skipReasons = {
  not_found: 'no such file or folder',
  unreadable: 'could not be opened or read',
  unsupported: 'a kind that is not imported',
  too_large: 'over the size limit',
  empty: 'nothing in it',
  binary: 'not text',
  generated: 'lock files, source maps and minified code',
  hidden: 'hidden files and folders',
  ignored: 'excluded by .gitignore, or a folder of dependencies',
  symlink: 'symbolic links are not followed',
  duplicate: 'already read in this run',
  broken_json: 'JSON that does not parse',
  broken_pack: 'a repomix file that ends early',
  broken_tree: 'a conversation whose messages do not form a tree',
  unknown_channel: 'a folder of a Slack export that no list of channels names',
  no_message: 'feedback on a message that the export does not have',
  refused: 'the database does not take it',
} as const;

export type SkipReason = keyof typeof skipReasons;

/** Reasons that mean damage: something that was meant to be imported is not. The others are ordinary. */
export const damage: ReadonlySet<SkipReason> = new Set<SkipReason>([
  'not_found',
  'unreadable',
  'broken_json',
  'broken_pack',
  'broken_tree',
  'unknown_channel',
  'refused',
]);

export interface SkippedItem {
  kind: 'skipped';
  /** What a person would look for: the path below the folder that was given, or the conversation. */
  source: string;
  reason: SkipReason;
  detail: string;
}

export interface ReadOptions {
  /** Replaces the folder's or file's own name in `source`. Only with a single path. */
  name?: string;
  /** A document larger than this is skipped without being read. At most `limits.documentBytes`. */
  maxBytes?: number;
  /** The same for PDF and DOCX. Default: `maxBytes` when given, else what the database takes. */
  maxUploadBytes?: number;
  /** The same for a repomix file, which is read whole. */
  maxPackBytes?: number;
  /** The same for one conversation of an export; the export itself is streamed and may be any size. */
  maxConversationBytes?: number;
  /** No time may be later than this. Default: now. */
  now?: Date;
  /** Called with bytes dealt with; the sum is what `countSources` promised. */
  onBytes?: (bytes: number) => void;
}

export type ReadSettings = Required<Omit<ReadOptions, 'name'>> & Pick<ReadOptions, 'name'>;

const MIB = 1024 * 1024;

/** What the database takes; functions/knowledge/create_document.sql and functions/conversations/ say the same. */
export const limits = {
  documentBytes: 20 * MIB,
  uploadBytes: 100 * MIB,
  messageCharacters: 1_000_000,
  messages: 100_000,
  modelCharacters: 200,
  sourceCharacters: 1000,
  attachmentIdCharacters: 400,
  toolNameCharacters: 200,
  errorCharacters: 10_000,
  commentCharacters: 10_000,
  eventBytes: MIB,
};

/** Fills in the defaults. */
export function readSettings(options: ReadOptions = {}): ReadSettings {
  return {
    name: options.name,
    maxBytes: Math.min(options.maxBytes ?? 5 * MIB, limits.documentBytes),
    maxUploadBytes: options.maxUploadBytes ?? options.maxBytes ?? limits.uploadBytes,
    maxPackBytes: options.maxPackBytes ?? 128 * MIB,
    maxConversationBytes: options.maxConversationBytes ?? 64 * MIB,
    now: options.now ?? new Date(),
    onBytes: options.onBytes ?? (() => {}),
  };
}

export function skipped(source: string, reason: SkipReason, detail: string): SkippedItem {
  return { kind: 'skipped', source: source.toWellFormed(), reason, detail: detail.toWellFormed() };
}

/** An identity that fits its column: the end of a very long one becomes its hash. */
export function boundedSource(source: string): string {
  const formed = source.toWellFormed();
  if (formed.length <= limits.sourceCharacters) return formed;
  const hash = createHash('sha256').update(formed).digest('hex');
  return `${formed.slice(0, limits.sourceCharacters - hash.length - 1).toWellFormed()}~${hash}`;
}
