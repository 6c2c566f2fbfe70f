import type { ZipPart } from './files/zip/parts.ts';
import type { CountLeftOut } from './left-out.ts';
import type { Listing } from './listing.ts';

export interface ReadOptions {
  /** Replaces the folder's or file's own name in `source`. Only with a single path. */
  name?: string;
  /** A document larger than this is skipped without being read. At most `limits.documentBytes`. */
  maxBytes?: number;
  /** The same for files that are stored whole: PDF, office documents, mail. Default: `maxBytes` when given, else what the database takes. */
  maxUploadBytes?: number;
  /** The same for a repomix file, which is read whole. */
  maxRepomixBytes?: number;
  /** The same for one conversation of an export; the export itself is streamed and may be any size. */
  maxConversationBytes?: number;
  /** What a ZIP may unfold to. */
  zip?: ZipLimits;
  /** What is known of ZIPs, so that each is looked into once. */
  surveys?: Map<string, Promise<ZipPart>>;
  /** Ends the unpacking of a ZIP. */
  signal?: AbortSignal;
  /** No time may be later than this. Default: now. */
  now?: Date;
  /** Called with bytes dealt with; the sum is what `countBytes` promised. */
  onBytes?: (bytes: number) => void;
  /** Called with what is left out of an export and belongs to no item; an item says itself what it lost. */
  leftOut?: CountLeftOut;
  /** Called for each folder and checkout that was read to its end, with what is in it. */
  onListed?: (listing: Listing) => void;
}

/** What unpacking one ZIP may cost. */
export interface ZipLimits {
  entries: number;
  /** Bytes of all files together. */
  bytes: number;
  /** How many times its own size a ZIP may unfold to; text seldom does twenty times, a bomb a thousand. */
  ratio: number;
}

type Optional = 'name' | 'signal';
export type ReadSettings = Required<Omit<ReadOptions, Optional>> & Pick<ReadOptions, Optional>;

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

const ZIP: ZipLimits = { entries: 500_000, bytes: 64 * 1024 * MIB, ratio: 200 };

/** Fills in the defaults. */
export function readSettings(options: ReadOptions = {}): ReadSettings {
  return {
    name: options.name,
    maxBytes: Math.min(options.maxBytes ?? 5 * MIB, limits.documentBytes),
    maxUploadBytes: options.maxUploadBytes ?? options.maxBytes ?? limits.uploadBytes,
    maxRepomixBytes: options.maxRepomixBytes ?? 128 * MIB,
    maxConversationBytes: options.maxConversationBytes ?? 64 * MIB,
    zip: options.zip ?? ZIP,
    surveys: options.surveys ?? new Map(),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    now: options.now ?? new Date(),
    onBytes: options.onBytes ?? (() => {}),
    leftOut: options.leftOut ?? (() => {}),
    onListed: options.onListed ?? (() => {}),
  };
}
