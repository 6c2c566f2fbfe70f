import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../../lib/errors.ts';
import { cleanJson } from '../../../lib/storable.ts';
import { readSmallFile } from '../../files/read-part.ts';
import type { FeedbackItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readTime } from '../conversations/times.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject } from '../json/values.ts';
import { fileIdOf } from './file-ids.ts';
import { ToldMemories } from './memories.ts';

/** The largest list of names that is read. */
const NAMES_BYTES = 64 * 1024 * 1024;

/** What lies beside the conversations of an export and belongs to them. */
export interface ExportFolder {
  /** What is remembered of whoever owns it. */
  memories: ToldMemories;
  /** What could not be read of it. */
  problems: SkippedItem[];
  /** The feedback on a message, by any of its ids; remembers that it was asked for. */
  feedbackOn(...ids: (string | null)[]): FeedbackItem | null;
  /** Feedback that no message asked for. */
  leftOver(): SkippedItem[];
  /** Where a file of the export lies below its folder; null when it is not there. */
  fileOf(id: string): string | null;
  /** What whoever sent it called it, where the export lists that. */
  nameOf(id: string): string | null;
  /** The files whose place nobody asked for. */
  filesLeft(): { id: string; path: string; name: string | null }[];
  /** All of its files, by their places. */
  paths(): Iterable<string>;
}

export function emptyExportFolder(): ExportFolder {
  return makeFolder({ label: '', problems: [], feedback: new Map(), files: new Map(), names: new Map() });
}

function makeFolder(found: {
  label: string;
  problems: SkippedItem[];
  feedback: Map<string, FeedbackItem>;
  files: Map<string, string>;
  names: Map<string, string>;
}): ExportFolder {
  const asked = new Set<string>();
  const used = new Set<string>();
  return {
    memories: new ToldMemories(),
    problems: found.problems,
    feedbackOn(...ids) {
      for (const id of ids) {
        const feedback = id === null ? undefined : found.feedback.get(id);
        if (id === null || feedback === undefined) continue;
        asked.add(id);
        return feedback;
      }
      return null;
    },
    leftOver: () =>
      [...found.feedback.keys()]
        .filter((id) => !asked.has(id))
        .map((id) =>
          skipped(`${found.label}: ${id}`, 'no_message', 'its conversation was deleted, or not exported'),
        ),
    fileOf(id) {
      const key = fileIdOf(id) ?? id;
      used.add(key);
      return found.files.get(key) ?? null;
    },
    filesLeft: () =>
      [...found.files]
        .filter(([id]) => !used.has(id))
        .map(([id, path]) => ({ id, path, name: found.names.get(id) ?? null })),
    paths: () => found.files.values(),
    nameOf: (id) => found.names.get(fileIdOf(id) ?? id) ?? null,
  };
}

/** The words of a comment, which the export keeps as JSON inside a string. */
function commentOf(content: unknown): string | null {
  let words: unknown = content;
  if (typeof content === 'string') {
    try {
      words = JSON.parse(content);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  if (!isObject(words)) return asString(words);
  const tags = Array.isArray(words.tags) ? words.tags.filter((tag) => typeof tag === 'string') : [];
  return asString([asString(words.text), tags.join(', ')].filter(Boolean).join('\n\n'));
}

function readFeedback(value: JsonObject, now: number): { id: string; feedback: FeedbackItem } | null {
  const id = asString(value.message_id) ?? asString(value.id);
  const rating = /up|down/i.exec(asString(value.rating) ?? '')?.[0].toLowerCase();
  if (id === null || rating === undefined) return null;
  const comment = commentOf(value.content);
  const at = readTime(value.create_time ?? value.update_time, now);
  return {
    id,
    feedback: {
      type: rating === 'up' ? 'positive' : 'negative',
      comment: comment === null ? null : clipped(comment, limits.commentCharacters),
      givenAt: at === null ? null : new Date(at),
    },
  };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  // Without the right to list it, the conversations in it are still worth reading.
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

/** Folders of an export that have files of its conversations: of images that were made, and one of each conversation. */
const WITH_FILES = /^(?:dalle-|user-)/;
const KINDS_OF_FILES = /^(?:images?|audio|videos?|files?|assets|attachments)$/i;

async function hasFiles(folder: string, name: string): Promise<boolean> {
  if (WITH_FILES.test(name) || KINDS_OF_FILES.test(name)) return true;
  const inside = await entriesOf(join(folder, name));
  return inside.some((entry) => entry.isDirectory() && KINDS_OF_FILES.test(entry.name));
}

/** The files of the export by their ids: beside the conversations, and in the folders that exports keep them in. */
async function filesOf(
  folder: string,
  prefix = '',
  files = new Map<string, string>(),
): Promise<Map<string, string>> {
  const entries = await entriesOf(folder);
  for (const entry of entries) {
    const id = entry.isFile() && /^file[-_]/.test(entry.name) ? fileIdOf(entry.name) : null;
    if (id !== null) files.set(id, `${prefix}${entry.name}`.toWellFormed());
  }
  if (prefix.split('/').length > 3) return files;
  for (const { name } of entries.filter((entry) => entry.isDirectory()))
    if (prefix !== '' || (await hasFiles(folder, name)))
      await filesOf(join(folder, name), `${prefix}${name}/`, files);
  return files;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readSmallFile(file, NAMES_BYTES);
  if (text === null) return null;
  try {
    return cleanJson(JSON.parse(text.replace(/^\ufeff/, '')));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** The names of files as they were sent: an export calls them by their ids and lists the names apart. */
async function namesOf(folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const item of asArray(await readJson(join(folder, 'library_files.json'))).map(asObject)) {
    const name =
      asString(item.name) ?? asString(item.file_name) ?? asString(item.filename) ?? asString(item.title);
    for (const id of [item.file_id, item.id, item.library_file_id].map(asString))
      if (id !== null && name !== null) names.set(fileIdOf(id) ?? id, name);
  }
  const listed = asObject(await readJson(join(folder, 'conversation_asset_file_names.json')));
  for (const [file, value] of Object.entries(listed)) {
    const { name, file_name } = asObject(value);
    const called = asString(value) ?? asString(name) ?? asString(file_name);
    if (called !== null) names.set(fileIdOf(file) ?? file, called);
  }
  return names;
}

/**
 * Looks at what lies beside an export's conversations.
 * @param file  the conversations
 * @param label the same file as a person would call it
 */
export async function readExportFolder(file: string, label: string, now: Date): Promise<ExportFolder> {
  const folder = dirname(file);
  const problems: SkippedItem[] = [];
  const feedback = new Map<string, FeedbackItem>();
  const absolute = join(folder, 'message_feedback.json');
  const called = label.replace(/[^/]*$/, 'message_feedback.json');
  const exists = await stat(absolute).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
  if (exists) {
    const list = { absolute, label: called, noun: 'entries', limit: limits.eventBytes, onBytes: () => {} };
    try {
      for await (const read of readJsonArray(list, (value, place) => {
        const cleaned = cleanJson(value);
        const found = isObject(cleaned) ? readFeedback(cleaned, now.getTime()) : null;
        return found ?? skipped(place, 'unsupported', 'no feedback: it needs a message and a thumb');
      })) {
        if ('kind' in read) problems.push(read);
        else feedback.set(read.id, read.feedback);
      }
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
      problems.push(skipped(called, 'unreadable', code));
    }
  }
  return makeFolder({
    label: called,
    problems,
    feedback,
    files: await filesOf(folder),
    names: await namesOf(folder),
  });
}
