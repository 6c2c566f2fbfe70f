import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import { normalizeLines } from '../../../reading/text.ts';
import { clipTitle } from '../../../reading/titles.ts';
import type { DocumentItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { makeDocument } from '../document.ts';
import { readJsonArray } from '../json/read-array.ts';
import {
  asArray,
  asObject,
  asString,
  countCleaned,
  isObject,
  type JsonObject,
  present,
} from '../json/values.ts';

/** The instructions and the documents of a project. */
function documentsOf(parsed: unknown, place: string, settings: ReadSettings): (DocumentItem | SkippedItem)[] {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  const id = isObject(value) ? asString(value.uuid) : null;
  if (!isObject(value) || id === null) return [skipped(place, 'unsupported', 'not a project: no "uuid"')];
  const project = asString(value.name) ?? 'Untitled';
  const written = (uuid: string, text: unknown) =>
    asString(text) === null
      ? []
      : [{ uuid, filename: `${uuid}.md`, content: text, title: `${project}: ${uuid}` }];
  const texts: JsonObject[] = [
    ...written('description', value.description),
    ...written('instructions', value.prompt_template),
    ...asArray(value.docs).map(asObject),
  ];
  return texts.map((doc, i) => {
    const label = `${place}: ${asString(doc.filename) ?? `document ${i + 1}`}`;
    const content = asString(doc.content);
    if (content === null) return skipped(label, 'empty', 'no text in it');
    const bytes = Buffer.byteLength(content);
    if (bytes > settings.maxBytes) return skipped(label, 'too_large', `${bytes} bytes`);
    const title = asString(doc.title);
    const item = makeDocument({
      source: `claude:project/${id}/${asString(doc.uuid) ?? asString(doc.filename) ?? i + 1}`,
      path: asString(doc.filename) ?? 'document.txt',
      label,
      text: normalizeLines(content),
      metadata: present({ importer: 'claude', project, cleaned: countCleaned(cleaned) }),
    });
    return item.kind === 'document' && title !== null ? { ...item, title: clipTitle(title) } : item;
  });
}

/** The documents of `projects.json` of a Claude export. */
export async function* readProjects(
  file: { absolute: string; label: string },
  settings: ReadSettings,
): AsyncGenerator<DocumentItem | SkippedItem> {
  const list = {
    ...file,
    noun: 'projects',
    limit: settings.maxConversationBytes,
    onBytes: settings.onBytes,
  };
  for await (const read of readJsonArray(list, (value, place) => documentsOf(value, place, settings))) {
    if (Array.isArray(read)) yield* read;
    else yield read;
  }
}
