import { readSlackEvent } from './slack/event.ts';
import { isObject } from './slack/values.ts';
import type { ToldEvent } from './told-event.ts';

/** What an event says, for people and for search. */
export interface EventText {
  /** Empty when it says nothing. */
  text: string;
  heading: string;
  /** What a result is called: where, who and when. Null where only its source and type are known. */
  title: string | null;
  /** Who said it. */
  speaker: string | null;
  /** What it answers, in short: the first message of its thread. */
  context: string | null;
  /** When it happened, which is not when it came in. */
  occurredAt: Date | null;
  /** 0 to 1, when its metadata says so. */
  importance: number | null;
}

/** Fields in which systems put what people wrote. */
const SAID = new Set([
  'text',
  'title',
  'subject',
  'summary',
  'body',
  'message',
  'description',
  'content',
  'comment',
  'note',
  'notes',
  'headline',
  'question',
  'answer',
  'plain_text',
]);
/** Where the payload names a place that a reader would ask for. */
const PLACES = ['channel_name', 'channel', 'project', 'repository', 'board', 'room'];
/** Where metadata name who said something, in the order of app_private.named_speaker. */
const SPEAKERS = ['speaker', 'author_name', 'user_name', 'author', 'name'];
const DEEPEST = 12;
const LONGEST_HEADING = 300;
const LONGEST_TITLE = 300;
const LONGEST_SPEAKER = 200;
/** Characters of the beginning of a thread: search takes fewer. */
const LONGEST_CONTEXT = 1000;

/** A word of letters: an id, a number or a hash says nothing to anybody. */
function saysSomething(text: string): boolean {
  return /\p{L}{2}/u.test(text) && !/^[\w:/.+=-]{40,}$/.test(text);
}

/** Everything that people wrote, in its order, once. */
function collect(value: unknown, isSaid: boolean, found: Set<string>, depth = 0): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') {
    const text = value.trim();
    if (isSaid && text !== '' && saysSomething(text)) found.add(text);
  } else if (Array.isArray(value)) for (const item of value) collect(item, isSaid, found, depth + 1);
  else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      collect(item, SAID.has(key.toLowerCase()), found, depth + 1);
    }
  }
}

function placeOf(payload: unknown, metadata: unknown): string | null {
  for (const source of [metadata, payload]) {
    if (!isObject(source)) continue;
    for (const key of PLACES) {
      const value = source[key];
      const name = isObject(value) ? value.name : value;
      if (typeof name === 'string' && name.trim() !== '') return name.trim();
    }
  }
  return null;
}

/** At most so many characters, whole ones. */
function short(text: string | null, most: number): string | null {
  const cut = text === null ? '' : [...text.slice(0, 2 * most)].slice(0, most).join('').toWellFormed().trim();
  return cut === '' ? null : cut;
}

/** A time that metadata name; one that is still to come says nothing of when something happened. */
function timeOf(metadata: unknown, now: Date): Date | null {
  const told = isObject(metadata) ? metadata.occurred_at : undefined;
  const at = typeof told === 'string' && /^\d{4}-\d{2}-\d{2}/.test(told) ? new Date(told) : null;
  return at !== null && at.getTime() <= now.getTime() ? at : null;
}

type Said = Pick<EventText, 'text' | 'heading' | 'title' | 'speaker' | 'context'> & {
  occurredAt?: Date | null;
};

/** Who said it, as metadata of messages name it too. */
function speakerOf(metadata: unknown): string | null {
  if (!isObject(metadata)) return null;
  const names = SPEAKERS.map((key) => metadata[key]);
  return names.find((name): name is string => typeof name === 'string' && name.trim() !== '') ?? null;
}

function textOf(payload: unknown): string {
  const found = new Set<string>();
  collect(payload, true, found);
  return [...found].join('\n');
}

function readAnyEvent(event: ToldEvent, root: ToldEvent | null): Said {
  const place = placeOf(event.payload, event.metadata);
  return {
    text: textOf(event.payload),
    heading: [event.source, place, event.eventType].filter(Boolean).join(' › '),
    title: null,
    speaker: speakerOf(event.metadata),
    context: root === null ? null : textOf(root.payload),
  };
}

/**
 * Reads an event: what people wrote in it, where, when and in answer to what.
 * @param root the first event of its thread, if it is known
 */
export function readEvent(
  event: ToldEvent,
  { root = null, now = new Date() }: { root?: ToldEvent | null; now?: Date } = {},
): EventText {
  const said: Said = readSlackEvent(event, root) ?? readAnyEvent(event, root);
  const importance = isObject(event.metadata) ? event.metadata.importance : undefined;
  const own = said.occurredAt ?? null;
  return {
    text: said.text.toWellFormed(),
    heading: short(said.heading, LONGEST_HEADING) ?? event.source,
    title: short(said.title, LONGEST_TITLE),
    speaker: short(said.speaker, LONGEST_SPEAKER),
    context: short(said.context, LONGEST_CONTEXT),
    occurredAt: timeOf(event.metadata, now) ?? (own !== null && own.getTime() <= now.getTime() ? own : null),
    importance: typeof importance === 'number' && importance >= 0 && importance <= 1 ? importance : null,
  };
}
