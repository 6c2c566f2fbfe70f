import { createReadStream } from 'node:fs';
import { cleanText, nothingCleaned } from '../../../lib/storable.ts';
import { readHtml } from '../../../reading/html.ts';
import { readHead } from '../../files/read-part.ts';
import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { type ActivityEntry, conversationOfEntry } from './entry.ts';

const ENTRY = '<div class="outer-cell';
const PRODUCT = /<p class="mdl-typography--title">([^<]{0,200})/;
const BODY =
  /<div class="content-cell[^"]*mdl-typography--body-1[^"]*">([\s\S]*?)<\/div>\s*<div class="content-cell/;
/** Between the question and the answer, a line by itself; each language writes it its own way. */
const DATE = /<br\s*\/?>\s*([^<>]{0,40}\b(?:19|20)\d\d\b[^<>]{0,20}\b\d{1,2}:\d\d:\d\d[^<>]{0,25})<br\s*\/?>/;
/** Zones that JavaScript does not know by name. */
const ZONES: Record<string, string> = {
  CET: '+0100',
  CEST: '+0200',
  BST: '+0100',
  EET: '+0200',
  EEST: '+0300',
  JST: '+0900',
  IST: '+0530',
};

const ENGLISH =
  /^(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?:\d{1,2}, )?\d{4}, \d{1,2}:\d\d:\d\d(?: [AP]M)?(?: |$)/;

/** A date as Takeout writes it in English; null in another language. */
function isoTime(text: string): string | null {
  const plain = text
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .replace(
      /\b(?:UTC|GMT)([+-])(\d{1,2})(?::?(\d\d))?\b/,
      (_, sign, hours, minutes = '00') => `GMT${sign}${hours.padStart(2, '0')}${minutes}`,
    )
    .replace(/\b(CES?T|BST|EES?T|JST|IST)$/, (zone) => `GMT${ZONES[zone]}`);
  const at = ENGLISH.test(plain) ? Date.parse(plain) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

function textOf(html: string): string {
  return (readHtml(`<p>${html}</p>`)?.text ?? '').replaceAll('\u00a0', ' ').trim();
}

function entryOf(block: string): ActivityEntry | null {
  const body = BODY.exec(block)?.[1];
  const date = body === undefined ? null : DATE.exec(body);
  if (body === undefined || !date) return null;
  const answer = body.slice(date.index + date[0].length);
  return {
    products: [PRODUCT.exec(block)?.[1] ?? ''],
    title: textOf(body.slice(0, date.index)),
    time: isoTime(date[1] ?? ''),
    writtenTime: date[1]?.trim() ?? null,
    answers: answer.trim() === '' ? [] : [answer],
    files: [],
    url: null,
    details: [],
  };
}

/** The entries, one at a time: a file of years has hundreds of megabytes, on one line. */
async function* blocksOf(
  absolute: string,
  { maxConversationBytes, onBytes }: ReadSettings,
): AsyncGenerator<string | null> {
  const decoder = new TextDecoder();
  let rest = '';
  let isFirst = true;
  for await (const chunk of createReadStream(absolute, { highWaterMark: 1024 * 1024 })) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    onBytes((chunk as Buffer).length);
    const blocks = rest.split(ENTRY);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (!isFirst) yield block;
      isFirst = false;
    }
    if (rest.length > maxConversationBytes) {
      yield null;
      rest = '';
    }
  }
  if (!isFirst && rest !== '') yield rest;
}

/** The activity of Gemini as a page, which is what Takeout offers first. */
export async function* readActivityPage(
  { absolute, label }: { absolute: string; label: string },
  settings: ReadSettings,
): AsyncGenerator<ConversationItem | SkippedItem> {
  let position = 0;
  for await (const block of blocksOf(absolute, settings)) {
    const place = `${label} #${++position}`;
    const cleaned = nothingCleaned();
    const entry = block === null ? null : entryOf(cleanText(block, cleaned));
    if (entry === null)
      yield skipped(place, block === null ? 'too_large' : 'unsupported', 'no entry with a date');
    else yield conversationOfEntry(entry, place, { cleaned, now: settings.now });
  }
}

/** The stylesheet stands before the first entry. */
const LONGEST_STYLE = 1024 * 1024;

/** The product of a page of activity; null for any other page. */
export async function activityPageOf(beginning: string, absolute: string): Promise<string | null> {
  if (!/^\s*(?:<!doctype html>)?\s*<html/i.test(beginning) || !/\bmdl-(?:cell|grid)/.test(beginning))
    return null;
  const head = (await readHead(absolute, LONGEST_STYLE)).toString('utf8');
  const at = head.indexOf(ENTRY);
  return at === -1 ? null : (PRODUCT.exec(head.slice(at))?.[1] ?? null);
}
