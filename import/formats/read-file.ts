import { access, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../lib/errors.ts';
import { extensionOf } from '../../reading/file-kinds.ts';
import { normalizeLines, type ReadText, readText } from '../../reading/text.ts';
import { type ImportRoot, originOf, pathOf, sourceOf } from '../files/import-root.ts';
import { readHead } from '../files/read-part.ts';
import { boundedSource, type ImportItem } from '../items.ts';
import type { ReadSettings } from '../options.ts';
import { type SkippedItem, skipped } from '../skipped.ts';
import { type ChatExportState, chatExportKind, isChatExportExtra, readChatExport } from './chat-export.ts';
import { isGenerated, makeDocument } from './document.ts';
import { readRepomix, repomixName } from './repomix/read.ts';
import { repomixStyle } from './repomix/split.ts';
import { readCanvases } from './slack/canvases.ts';
import {
  isSlackDay,
  isSlackExtra,
  readSlackDay,
  readSlackExport,
  type SlackExport,
} from './slack/slack-export.ts';

async function liesInExport(absolute: string): Promise<boolean> {
  const folder = dirname(absolute);
  for (const name of ['conversations.json', 'conversations-000.json']) {
    const found = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

/** What is kept in mind from file to file. */
export interface ReadState extends ChatExportState {
  /** The folders that were looked at; null for one that is no Slack export. */
  slack: Map<string, SlackExport | null>;
}

export function createReadState(): ReadState {
  return { items: new Set(), folders: new Map(), slack: new Map() };
}

/** The Slack export whose top folder this is, if it is one; what is wrong with its lists is told once. */
async function slackExportAt(
  folder: string,
  root: ImportRoot,
  state: ReadState,
  day?: string,
): Promise<{ slack: SlackExport | null; problems: SkippedItem[] }> {
  const known = state.slack.get(folder);
  if (known !== undefined) return { slack: known, problems: [] };
  const path = pathOf(root, folder);
  const slack = await readSlackExport(
    folder,
    path.startsWith('..') ? '' : `${root.name}/${path && `${path}/`}`,
    day,
  );
  state.slack.set(folder, slack);
  return { slack, problems: slack?.problems ?? [] };
}

/** What the name alone decides. A file that was named on the command line is read whatever it is called. */
async function refuseByName(absolute: string, label: string, named: boolean): Promise<SkippedItem | null> {
  const name = basename(absolute);
  if (/\.zip$/i.test(name)) return skipped(label, 'unsupported', 'unpack it and import the folder');
  if (named) return null;
  if (isGenerated(name)) return skipped(label, 'generated', 'not written by a person');
  if (isChatExportExtra(name) && (await liesInExport(absolute))) {
    return skipped(label, 'unsupported', 'part of an export; only its conversations are imported');
  }
  return null;
}

/** What stands in place of a file that Git LFS keeps elsewhere. */
const LFS_POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v\d+\n(?:[\w.-]+ .*\n)*oid sha256:[0-9a-f]{64}\n/;
const LFS_POINTER_BYTES = 1024;

/** Files that are stored whole: their text is read by the worker, in bounds that this process does not have. */
const UPLOADS: Record<string, string> = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

/** Where an item of a root comes from. */
function metadataOf(
  root: ImportRoot,
  path: string,
  found: { size: number; mtime: Date },
): Record<string, unknown> {
  return {
    ...originOf(root),
    path,
    bytes: found.size,
    // In a checkout it is when git wrote the file, which says nothing and differs from clone to clone.
    ...(root.checkout === null ? { modified_at: found.mtime.toISOString() } : {}),
  };
}

/** What an upload's document says of it as well; nothing when it was UTF-8 without a fault. */
function howItWasRead({ encoding, warnings }: ReadText): Record<string, unknown> {
  return {
    ...(encoding === 'utf-8' ? {} : { encoding }),
    ...(warnings.length === 0 ? {} : { warnings: warnings.map(({ message }) => message) }),
  };
}

/** Opens one file, sees what it is, and reads it as that. */
async function* readOpened(
  root: ImportRoot,
  absolute: string,
  found: { size: number; mtime: Date },
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ImportItem | SkippedItem> {
  const path = pathOf(root, absolute);
  const label = `${root.name}/${path}`;
  const { size } = found;
  if (size <= LFS_POINTER_BYTES && LFS_POINTER.test((await readHead(absolute)).toString('latin1'))) {
    yield skipped(label, 'lfs_pointer', 'git lfs pull, and import again');
    return;
  }
  const mimeType = UPLOADS[extensionOf(path)];
  if (mimeType !== undefined) {
    if (size > settings.maxUploadBytes) yield skipped(label, 'too_large', `${size} bytes`);
    else {
      yield {
        kind: 'upload',
        source: boundedSource(sourceOf(root, path)),
        absolute,
        name: basename(absolute),
        mimeType,
        size,
        metadata: metadataOf(root, path, found),
      };
    }
    return;
  }
  if (isSlackDay(absolute)) {
    const { slack, problems } = await slackExportAt(dirname(dirname(absolute)), root, state, absolute);
    yield* problems;
    if (slack !== null) {
      yield* readSlackDay({ absolute, label }, slack, settings);
      return;
    }
  } else if (isSlackExtra(basename(absolute))) {
    const { slack, problems } = await slackExportAt(dirname(absolute), root, state);
    yield* problems;
    if (slack !== null) {
      if (/^(?:canvases|lists)\.json$/.test(basename(absolute)))
        yield* readCanvases({ absolute, label }, slack, settings);
      else yield skipped(label, 'unsupported', 'part of a Slack export; its messages are imported');
      return;
    }
  }
  const head = await readHead(absolute);
  const text = normalizeLines(head.toString('utf8').replace(/^\ufeff/, ''));
  const kind = chatExportKind(text, basename(absolute));
  if (kind !== null) {
    yield* readChatExport(kind, { absolute, label }, settings, state);
    return;
  }
  const style = repomixStyle(text);
  if (size > (style === null ? settings.maxBytes : settings.maxRepomixBytes)) {
    yield skipped(label, 'too_large', `${size} bytes`);
    return;
  }
  const read = readText(size <= head.length ? head : await readFile(absolute));
  if ('notText' in read) yield skipped(label, 'binary', read.notText);
  else if (style !== null) {
    const name = settings.name ?? repomixName(absolute);
    yield* readRepomix({ text: read.text, style, name, label }, settings);
  } else {
    yield makeDocument({
      source: sourceOf(root, path),
      path,
      label,
      text: read.text,
      metadata: { ...metadataOf(root, path, found), ...howItWasRead(read) },
    });
  }
}

/** Everything one file gives: usually one document, many for a repomix file or an export. Never throws for a bad file. */
export async function* readFileItems(
  root: ImportRoot,
  absolute: string,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ImportItem | SkippedItem> {
  const label = `${root.name}/${pathOf(root, absolute)}`;
  try {
    const found = await stat(absolute);
    const refused = await refuseByName(absolute, label, root.absolute === absolute);
    if (refused) yield refused;
    else if (found.size === 0) yield skipped(label, 'empty', 'no bytes in it');
    else yield* readOpened(root, absolute, found, settings, state);
  } catch (error) {
    // Only what the file system says; a mistake of ours must not look like a bad file.
    const code = errorCode(error);
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    yield skipped(label, 'unreadable', code);
  }
}
