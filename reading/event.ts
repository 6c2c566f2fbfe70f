/** What an event says, for people and for search. */
export interface EventText {
  /** Empty when it says nothing. */
  text: string;
  heading: string;
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
const DEEPEST = 12;
const LONGEST = 200_000;
const LONGEST_HEADING = 300;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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

/** Reads an event: what people wrote in it, and what stands above it. */
export function readEvent(event: {
  source: string;
  eventType: string;
  payload: unknown;
  metadata: unknown;
}): EventText {
  const found = new Set<string>();
  collect(event.payload, true, found);
  const importance = isObject(event.metadata) ? event.metadata.importance : undefined;
  const heading = [event.source, placeOf(event.payload, event.metadata), event.eventType]
    .filter(Boolean)
    .join(' › ');
  return {
    text: [...found].join('\n').slice(0, LONGEST).toWellFormed(),
    heading: [...heading].slice(0, LONGEST_HEADING).join(''),
    importance: typeof importance === 'number' && importance >= 0 && importance <= 1 ? importance : null,
  };
}
