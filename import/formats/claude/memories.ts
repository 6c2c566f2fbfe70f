import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import { normalizeLines } from '../../../reading/text.ts';
import { readSmallFile } from '../../files/read-part.ts';
import { boundedSource, type MemoryItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { readJsonArray } from '../json/read-array.ts';
import {
  asArray,
  asObject,
  asString,
  clipped,
  countCleaned,
  isObject,
  type JsonObject,
  present,
} from '../json/values.ts';

/** Characters of one memory: what a person would call one fact or one paragraph, and a search finds as one. */
const MOST = 2000;
/** The largest list of projects in which names are looked up. */
const PROJECTS_BYTES = 64 * 1024 * 1024;

interface Section {
  heading: string | null;
  text: string;
}

const HEADING = /^(?:#{1,6}\s+(.+?)\s*#*|\*\*(.+?):?\*\*:?)$/;

/** The text by its headings, which are lines of their own. */
function sectionsOf(text: string): Section[] {
  const sections: Section[] = [];
  let heading: string | null = null;
  let lines: string[] = [];
  const end = () => {
    const said = lines.join('\n').trim();
    if (said !== '') sections.push({ heading, text: said });
    lines = [];
  };
  for (const line of text.split('\n')) {
    const [, hashed, starred] = HEADING.exec(line.trim()) ?? [];
    const named = hashed ?? starred;
    if (named === undefined) lines.push(line);
    else {
      end();
      heading = named.replaceAll('**', '');
    }
  }
  end();
  return sections;
}

/** A text in pieces of paragraphs; one that is longer than a memory may be is cut at a line or a space. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  const add = (part: string) => {
    if (piece !== '' && piece.length + part.length + 2 > MOST) {
      pieces.push(piece);
      piece = '';
    }
    piece = piece === '' ? part : `${piece}\n\n${part}`;
  };
  for (const paragraph of text.split(/\n{2,}/)) {
    let rest = paragraph.trim();
    while (rest.length > MOST) {
      const room = rest.slice(0, MOST);
      const at = Math.max(room.lastIndexOf('\n'), room.lastIndexOf('. ') + 1) || room.lastIndexOf(' ');
      const cut = clipped(rest, at > 0 ? at : MOST);
      add(cut);
      rest = rest.slice(cut.length).trim();
    }
    if (rest !== '') add(rest);
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

function memoriesOf(text: string, about: string, source: string, metadata: JsonObject): MemoryItem[] {
  const subjects = new Set<string>();
  return sectionsOf(normalizeLines(text)).flatMap(({ heading, text: said }) =>
    piecesOf(said).map((content, i): MemoryItem => {
      const called =
        clipped(heading === null ? about : `${about}: ${heading}`, 180) + (i === 0 ? '' : ` (${i + 1})`);
      let subject = called;
      for (let n = 2; subjects.has(subject); n++) subject = `${called} ~${n}`;
      subjects.add(subject);
      return { kind: 'memory', source: boundedSource(`${source}/${subject}`), subject, content, metadata };
    }),
  );
}

function nameOf(project: unknown, names: Map<string, string>): void {
  const { uuid, name } = asObject(project);
  const [id, called] = [asString(uuid), asString(name)];
  if (id !== null && called !== null) names.set(id, called);
}

/** The names of the projects of the same export, which its memories call by their ids. */
async function projectNames(folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const inside = await readdir(join(folder, 'projects')).catch(() => []);
  const files = [
    'projects.json',
    ...inside.filter((name) => name.endsWith('.json')).map((name) => `projects/${name}`),
  ];
  for (const file of files) {
    const text = await readSmallFile(join(folder, file), PROJECTS_BYTES);
    if (text === null) continue;
    try {
      const parsed: unknown = cleanJson(JSON.parse(text.replace(/^\ufeff/, '')));
      for (const project of Array.isArray(parsed) ? parsed : [parsed]) nameOf(project, names);
    } catch (error) {
      // it is reported when it is read itself
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return names;
}

function readMemory(
  parsed: unknown,
  place: string,
  names: Map<string, string>,
): (MemoryItem | SkippedItem)[] {
  const cleaned = nothingCleaned();
  const value = cleanJson(parsed, { cleaned });
  if (!isObject(value)) return [skipped(place, 'unsupported', 'no memory')];
  const account = asString(value.account_uuid) ?? 'account';
  const source = `claude:memory/${account}`;
  const facts = present({ importer: 'claude', cleaned: countCleaned(cleaned) });
  const general = asString(value.conversations_memory);
  const items = general === null ? [] : memoriesOf(general, 'Claude', source, facts);
  for (const [id, text] of Object.entries(asObject(value.project_memories))) {
    const project = names.get(id) ?? id;
    const said = asString(text) ?? asString(asObject(text).content) ?? asString(asObject(text).memory);
    if (said !== null)
      items.push(...memoriesOf(said, `Claude project ${project}`, `${source}/${id}`, { ...facts, project }));
  }
  for (const file of asArray(value.memory_files).map(asObject)) {
    const name = asString(file.path) ?? asString(file.name) ?? asString(file.filename) ?? 'file';
    const said = asString(file.content) ?? asString(file.text);
    if (said !== null)
      items.push(
        ...memoriesOf(said, `Claude: ${basename(name)}`, `${source}/${name}`, { ...facts, file: name }),
      );
  }
  return items.length === 0 ? [skipped(place, 'empty', 'nothing is remembered')] : items;
}

/** What Claude remembers: in `memories.json`, or in `memories/<account>.json`. */
export async function* readMemories(
  file: { absolute: string; label: string },
  settings: ReadSettings,
): AsyncGenerator<MemoryItem | SkippedItem> {
  const folder = dirname(file.absolute);
  const names = await projectNames(basename(folder) === 'memories' ? dirname(folder) : folder);
  const list = { ...file, noun: 'memories', limit: settings.maxConversationBytes, onBytes: settings.onBytes };
  for await (const read of readJsonArray(list, (value, place) => readMemory(value, place, names))) {
    if (Array.isArray(read)) yield* read;
    else yield read;
  }
}
