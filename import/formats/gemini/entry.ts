import { createHash } from 'node:crypto';
import type { Cleaned } from '../../../lib/storable.ts';
import { readHtml } from '../../../reading/html.ts';
import type { AttachmentItem, ConversationItem } from '../../items.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { buildPrepared, type PreparedMessage, titleFrom } from '../conversations/prepared.ts';
import { readTime } from '../conversations/times.ts';
import { clipped } from '../json/values.ts';

/** One thing that a person did, as the activity tells it, in JSON or HTML. */
export interface ActivityEntry {
  products: string[];
  /** `Prompted`, and what was asked. */
  title: string;
  /** ISO 8601; null when it cannot be read. */
  time: string | null;
  /** As it is written there. */
  writtenTime: string | null;
  /** HTML. */
  answers: string[];
  files: string[];
  url: string | null;
  details: string[];
}

const PRODUCT = /Gemini|Bard/i;

/** Whether a name of a product is that of the assistant. */
export function isGemini(product: string): boolean {
  return PRODUCT.test(product);
}

/** What an entry begins with that is something a person asked. */
const ASKED = /^(?:Prompted|Asked|Said|Branched|Answered)\b:?\s*/;
/** What a person did otherwise. */
const DID = /^(?:Created|Used|Added|Gave|Selected|Viewed|Visited|Removed|Deleted)\b/;

function attachmentsOf(files: string[]): AttachmentItem[] {
  return [...new Set(files)].map((name, i) => ({
    externalId: clipped(`${i + 1}/${name}`, 400),
    name: clipped(name, 255),
    mimeType: null,
    size: null,
    bytes: 'missing',
    text: null,
    metadata: {},
  }));
}

/**
 * Its question and its answer. Takeout does not say which entries were one conversation, so each is one. JSON and HTML of the same
 * entry have the same identity: its second and its words.
 */
export function conversationOfEntry(
  entry: ActivityEntry,
  place: string,
  { cleaned, now }: { cleaned: Cleaned; now: Date },
): ConversationItem | SkippedItem {
  const { products, title, writtenTime, url, details } = entry;
  if (!products.some(isGemini))
    return skipped(place, 'unsupported', `an entry of ${products[0] || 'another product'}`);
  const answers = entry.answers.map((html) => readHtml(html)?.text ?? '').filter((text) => text !== '');
  if (DID.test(title) && answers.length === 0)
    return skipped(place, 'unsupported', `no conversation: ${titleFrom(title)}`);
  const asked = title.replace(ASKED, '').trim();
  const at = readTime(entry.time, now.getTime());
  const time = at === null ? null : new Date(at).toISOString();
  const hash = createHash('sha256').update(title.replace(/\s+/g, '')).digest('hex').slice(0, 16);
  const message = (id: string, role: 'user' | 'assistant', text: string): PreparedMessage => ({
    id,
    parent: id === 'answer' ? 'prompt' : null,
    role,
    text,
    thinking: [],
    time,
    model: null,
    toolCalls: [],
    attachments: role === 'user' ? attachmentsOf(entry.files) : [],
  });
  const messages = [message('prompt', 'user', asked), message('answer', 'assistant', answers.join('\n\n'))];
  return buildPrepared(
    {
      importer: 'gemini',
      id: `${time?.slice(0, 19) ?? writtenTime ?? 'undated'}/${hash}`,
      title: titleFrom(asked) || titleFrom(answers[0] ?? '') || 'Untitled',
      place,
      messages: messages.filter(({ text, attachments }) => text !== '' || attachments.length > 0),
      metadata: { url, details: details.slice(0, 10), original_time: time === null ? writtenTime : null },
      cleaned,
    },
    now,
  );
}
