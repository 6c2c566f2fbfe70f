import { createHash } from 'node:crypto';
import type { Writer } from './languages.ts';
import type { Populace } from './people.ts';
import { DAY, type SampleSize, sinceOf } from './plan.ts';
import { type Random, randomOf, uuidAt } from './random.ts';
import type { Tables } from './tables.ts';

/** A passage that answers may cite. */
export interface Passage {
  chunk: string;
  /** What was cited, as it was: of app_hidden.cited_passages. Null until it is kept. */
  passage: string | null;
  owner: string;
  isShared: boolean;
}

export type Passages = Map<string, Passage[]>;

const PASSAGES_OF_DOCUMENT = 6;
const WORDS_OF_PASSAGE = 70;
const SAMPLE = '{"sample": true}';
const SOURCES = [
  ['jira', 'issue_updated', (key: string, text: string) => ({ issue: { key, fields: { summary: text } } })],
  ['slack', 'message', (key: string, text: string) => ({ channel: key, user: 'U1', text })],
  [
    'git',
    'push',
    (key: string, text: string) => ({ ref: 'refs/heads/main', commits: [{ id: key, message: text }] }),
  ],
] as const;

interface Maker {
  size: SampleSize;
  populace: Populace;
  writerOf: (random: Random) => Writer;
  tables: Tables;
}

const timeOf = (size: SampleSize, random: Random): number =>
  Math.floor(sinceOf(size) + random.next() * (size.until - sinceOf(size) - DAY));

/** One document with its passages. */
export function makeDocument(
  number: number,
  { size, populace, writerOf, tables }: Maker,
  passages: Passages,
): string {
  const random = randomOf(size.seed, number, 3);
  const workspace = populace.workspaceOf(random);
  const writer = writerOf(random);
  const topic = random.below(300);
  const owner = random.pick(workspace.members);
  const visibility = random.chance(0.5) ? 'workspace' : 'private';
  const id = uuidAt(timeOf(size, random), random);
  const title = writer.words(3 + random.below(4), topic, random);
  const texts = Array.from({ length: 1 + random.below(PASSAGES_OF_DOCUMENT) }, () =>
    writer.text(Math.round(random.logNormal(WORDS_OF_PASSAGE, 0.35)), topic, random).slice(0, 4000),
  );
  tables.documents.add([
    id,
    workspace.id,
    owner,
    visibility,
    title,
    texts.join('\n\n'),
    writer.search,
    SAMPLE,
  ]);
  let offset = 0;
  for (const [index, text] of texts.entries()) {
    const chunk = uuidAt(size.until - DAY, random);
    const end = offset + [...text].length;
    const hash = createHash('sha256').update(`${title}\n${text}`).digest('hex');
    tables.chunks.add([
      chunk,
      workspace.id,
      'document',
      id,
      owner,
      visibility,
      index,
      text,
      title,
      offset,
      end,
      Math.ceil(text.length / 4),
      `\\x${hash}`,
      writer.search,
    ]);
    offset = end + 2;
    const known = passages.get(workspace.id) ?? [];
    passages.set(workspace.id, known);
    known.push({ chunk, passage: null, owner, isShared: visibility === 'workspace' });
  }
  return id;
}

export function makeMemory(number: number, { size, populace, writerOf, tables }: Maker): string {
  const random = randomOf(size.seed, number, 4);
  const workspace = populace.workspaceOf(random);
  const at = timeOf(size, random);
  const content = writerOf(random).words(4 + random.below(12), random.below(300), random);
  const id = uuidAt(at, random);
  tables.memory_items.add([
    id,
    workspace.id,
    random.pick(workspace.members),
    `${content} ${number}`,
    random.next().toFixed(3),
    `["${new Date(at).toISOString()}",)`,
    SAMPLE,
  ]);
  return id;
}

export function makeEvent(number: number, { size, populace, writerOf, tables }: Maker): string {
  const random = randomOf(size.seed, number, 5);
  const workspace = populace.workspaceOf(random);
  const [source, type, payload] = random.pick(SOURCES);
  const text = writerOf(random).words(6 + random.below(30), random.below(300), random);
  const id = uuidAt(timeOf(size, random), random);
  tables.raw_events.add([
    id,
    workspace.id,
    workspace.members[0]!,
    source,
    type,
    `sample-${size.seed}-${number}`,
    JSON.stringify(payload(`S-${number}`, text)),
    SAMPLE,
  ]);
  return id;
}
