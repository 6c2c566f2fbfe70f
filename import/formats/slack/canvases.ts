import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readHtml } from '../../../reading/html.ts';
import { readBlocks } from '../../../reading/slack/blocks.ts';
import { readMrkdwn } from '../../../reading/slack/entities.ts';
import { lines, words } from '../../../reading/slack/values.ts';
import { clipTitle } from '../../../reading/titles.ts';
import { boundedSource, type DocumentItem } from '../../items.ts';
import { limits, type ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asArray, asObject, isObject, type JsonObject, present, shortString } from '../json/values.ts';
import type { SlackLists } from './lists.ts';

/** Where a canvas has its text, if the export has it. */
const TEXTS = ['markdown', 'content', 'plain_text', 'text', 'html', 'preview_plain_text', 'preview'];
/** The rows of a list. */
const ROWS = ['records', 'rows', 'items'];

function readable(text: string): string {
  if (!/^\s*<(?:!doctype|html|body|article|div|h[1-6]|p)\b/i.test(text)) return text.trim();
  return readHtml(text)?.text.trim() ?? '';
}

/** One cell: `{key, text}`, `{column_id, value}` and the like. */
function cellText(cell: unknown, names: Record<string, string>): string {
  if (!isObject(cell)) return words(cell);
  const label = words(cell.name) || words(cell.column_name) || words(cell.key);
  const value = words(cell.text) || words(cell.value) || readBlocks(cell.rich_text, names);
  return value && (label ? `${label}: ${value}` : value);
}

function rowText(row: unknown, names: Record<string, string>): string {
  const item = asObject(row);
  const cells = asArray(item.fields ?? item.cells).map((cell) => cellText(cell, names));
  const said = [words(item.title) || words(item.name) || words(item.text), ...cells].filter(Boolean);
  return said.length === 0 ? '' : `- ${said.join('; ')}`;
}

function textOf(item: JsonObject, names: Record<string, string>): string {
  const content = isObject(item.document_content) ? { ...item, ...item.document_content } : item;
  const written = TEXTS.map((key) => words(content[key])).find((text) => text !== '');
  if (written !== undefined) return readMrkdwn(readable(written), names);
  const rows = ROWS.flatMap((key) => asArray(content[key]));
  return lines(readBlocks(content.blocks, names), ...rows.map((row) => rowText(row, names)));
}

/** Names of files beside the list that carry the text of a canvas: they are read as what they are. */
async function textFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory() || !/^(?:FC[:_-]|canvases$|lists$)/.test(entry.name)) continue;
      for (const file of await readdir(join(folder, entry.name)))
        if (!/^\d{4}-\d{2}-\d{2}\.json$/.test(file)) names.push(`${entry.name}/${file}`);
    }
  } catch {
    // what cannot be read is reported where it is read
  }
  return names;
}

/** Canvases and lists: documents where their text is in the export, else named. */
export async function* readCanvases(
  file: { absolute: string; label: string },
  slack: SlackLists,
  settings: ReadSettings,
): AsyncGenerator<DocumentItem | SkippedItem> {
  const beside = await textFiles(dirname(file.absolute));
  const names = Object.fromEntries(slack.names);
  const read = (value: unknown, place: string): DocumentItem | SkippedItem => {
    const item = asObject(value);
    const id = shortString(item.id);
    const title = shortString(item.title) ?? shortString(item.name) ?? id;
    const label = title === null ? place : `${place} "${title}"`;
    if (id === null) return skipped(label, 'unsupported', 'it has no id');
    const content = textOf(item, names);
    if (content === '') {
      return beside.some((path) => path.includes(id))
        ? skipped(label, 'unsupported', 'its text lies beside it, and is a document')
        : skipped(label, 'not_in_export', 'only its name is in the export');
    }
    return {
      kind: 'document',
      source: boundedSource(`slack:canvas/${id}`),
      title: clipTitle(title ?? '') || id,
      content,
      contentType: 'markdown',
      language: null,
      isPrivate: true,
      metadata: present({ importer: 'slack', canvas_id: id, author: slack.names.get(words(item.user)) }),
    };
  };
  yield* readJsonArray(
    {
      ...file,
      noun: 'canvases',
      limit: Math.min(settings.maxBytes, limits.documentBytes),
      onBytes: settings.onBytes,
    },
    read,
  );
}
