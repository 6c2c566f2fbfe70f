import { basename } from 'node:path';
import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { onlyOnce } from '../conversations/only-once.ts';
import type { Format, OpenedFile } from '../format.ts';
import { readJsonArray } from '../json/read-array.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json/values.ts';
import { type ActivityEntry, conversationOfEntry, isGemini } from './entry.ts';
import { activityPageOf, readActivityPage } from './html.ts';

function filesOf({ imageFile, attachedFiles }: JsonObject): string[] {
  return [imageFile, attachedFiles]
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .map((value) => asString(value) ?? asString(asObject(value).name) ?? asString(asObject(value).fileName))
    .filter((name) => name !== null);
}

function entryOf(value: JsonObject): ActivityEntry {
  const time = asString(value.time);
  return {
    products: [value.header, ...asArray(value.products)].map((name) => asString(name) ?? ''),
    title: (asString(value.title) ?? '').replaceAll('\u00a0', ' '),
    time,
    writtenTime: time,
    answers: asArray(value.safeHtmlItem).map((item) => asString(asObject(item).html) ?? ''),
    files: filesOf(value),
    url: asString(value.titleUrl),
    details: asArray(value.subtitles)
      .map((item) => asString(asObject(item).name))
      .filter((name) => name !== null),
  };
}

function conversationOf(parsed: unknown, place: string, now: Date): ConversationItem | SkippedItem {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  return isObject(value)
    ? conversationOfEntry(entryOf(value), place, { cleaned, now })
    : skipped(place, 'unsupported', 'not an entry');
}

async function* readActivity(
  { absolute, label }: OpenedFile,
  settings: ReadSettings,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const { maxConversationBytes: limit, onBytes, now } = settings;
  const list = { absolute, label, noun: 'entries', limit, onBytes };
  yield* readJsonArray(list, (value, place) => conversationOf(value, place, now));
}

/** An element of a list that has the fields of Google's activity; the product of the first one. */
const ACTIVITY =
  /^\[\s*\{(?=[^{}]*"header"\s*:\s*"([^"]*)")(?=[\s\S]*?"time"\s*:\s*"\d{4}-)(?=[\s\S]*?"title"\s*:)/;

/** The activity of Gemini (formerly Bard) in a Google Takeout: `My Activity/Gemini Apps/MyActivity.json`, or its `.html`. */
export const gemini: Format = async (file, settings, state) => {
  const { absolute, beginning, label } = file;
  if (basename(absolute) === 'archive_browser.html')
    return [skipped(label, 'unsupported', 'the index of a Takeout; what it lists is imported')];
  const inJson = ACTIVITY.exec(beginning.trimStart())?.[1];
  const product = inJson ?? (await activityPageOf(beginning, absolute));
  if (product === null) return null;
  if (!isGemini(product))
    return [skipped(label, 'unsupported', `activity of ${product}: only that of Gemini is imported`)];
  const items = inJson === undefined ? readActivityPage(file, settings) : readActivity(file, settings);
  return (async function* () {
    for await (const item of items) yield onlyOnce(item, label, state);
  })();
};
