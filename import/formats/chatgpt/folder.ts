import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../../lib/errors.ts';
import { cleanJson } from '../../../lib/storable.ts';
import type { FeedbackItem } from '../../items.ts';
import { limits } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readTime } from '../conversations/times.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asString, clipped, isObject, type JsonObject } from '../json/values.ts';

/** What lies beside the conversations of an export and belongs to them. */
export interface ExportFolder {
  /** What could not be read of it. */
  problems: SkippedItem[];
  /** The feedback on a message, by any of its ids; remembers that it was asked for. */
  feedbackOn(...ids: (string | null)[]): FeedbackItem | null;
  /** Feedback that no message asked for. */
  leftOver(): SkippedItem[];
  /** Where a file of the export lies below its folder; null when it is not there. */
  fileOf(id: string): string | null;
}

/** The id in a pointer such as `file-service://file-Ab12`, or at the beginning of a file's name. */
export function fileIdOf(text: string): string | null {
  return /(?:^|\/|#)(file-(?!service\b)[A-Za-z0-9]+|file_[0-9A-Za-z]+)/.exec(text)?.[1] ?? null;
}

export function emptyExportFolder(): ExportFolder {
  return makeFolder({ label: '', problems: [], feedback: new Map(), files: new Map() });
}

function makeFolder(found: {
  label: string;
  problems: SkippedItem[];
  feedback: Map<string, FeedbackItem>;
  files: Map<string, string>;
}): ExportFolder {
  const asked = new Set<string>();
  return {
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
    fileOf: (id) => found.files.get(fileIdOf(id) ?? id) ?? null,
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

/** The files of the export: beside the conversations, and one folder down where exports keep images. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const add = (entries: Dirent[], prefix: string) => {
    for (const entry of entries) {
      const id = entry.isFile() && /^file[-_]/.test(entry.name) ? fileIdOf(entry.name) : null;
      if (id !== null) files.set(id, `${prefix}${entry.name}`.toWellFormed());
    }
  };
  const top = await entriesOf(folder);
  add(top, '');
  for (const { name } of top.filter((entry) => entry.isDirectory() && /^(?:dalle-|user-)/.test(entry.name)))
    add(await entriesOf(join(folder, name)), `${name}/`);
  return files;
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
  return makeFolder({ label: called, problems, feedback, files: await filesOf(folder) });
}
