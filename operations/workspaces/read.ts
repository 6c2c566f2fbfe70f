import { createReadStream } from 'node:fs';
import type { z } from 'zod';
import {
  type ArchiveEntry,
  type ArchiveLimits,
  openArchive,
  readArchiveLines,
} from '../../lib/archive/read.ts';
import { ColloquyError } from '../../lib/errors.ts';
import {
  type ArchivedTable,
  archivedTableSchema,
  detailsSchema,
  endSchema,
  FILES,
  KIND,
  MODELS,
  type Model,
  modelSchema,
  OTHER,
  PEOPLE,
  type Person,
  personSchema,
  ROWS,
  TABLES,
} from './contents.ts';
import { isId } from './ids.ts';

/** What an archive says of itself, read and held against its manifest from the first byte to the last. */
export interface ArchiveFacts {
  archiveId: string;
  createdAt: string;
  writtenBy: string;
  workspaceId: string;
  name: string;
  installation: string | null;
  tables: ArchivedTable[];
  people: Person[];
  models: Model[];
  rows: Record<string, number>;
  missingFiles: string[];
  files: { count: number; bytes: number };
}

export const refused = (what: string, cause?: unknown): ColloquyError =>
  new ColloquyError('CQ784', `The archive is refused: ${what}.`, {
    hint: 'Nothing of it was kept. An export of Colloquy has no such thing: use an archive whose origin you know.',
    cause,
  });

/** Accounts and models are held in memory. */
const MOST = 500_000;

export function parsed<T>(line: string, schema: z.ZodType<T>, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw refused(`a line of ${name} is no JSON`, cause);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw refused(`a line of ${name} says something else than it should`, result.error);
  return result.data;
}

async function listOf<T>(entry: ArchiveEntry, schema: z.ZodType<T>, into: T[]): Promise<void> {
  for await (const lines of readArchiveLines(entry))
    for (const line of lines) {
      if (into.length >= MOST) throw refused(`${entry.name} has more than ${MOST} lines`);
      into.push(parsed(line, schema, entry.name));
    }
}

/** The entries of an archive file, from the first one on: read anew each time. */
export async function openFile(path: string, options: { limits?: ArchiveLimits; signal?: AbortSignal }) {
  return openArchive(createReadStream(path), KIND, options);
}

/**
 * Reads all of an archive and says what is in it; nothing else is looked at before it is known to be whole.
 * @throws ColloquyError CQ780 to CQ784
 */
export async function readFacts(
  path: string,
  options: { limits?: ArchiveLimits; signal?: AbortSignal } = {},
): Promise<ArchiveFacts> {
  const archive = await openFile(path, options);
  const [tables, people, models]: [ArchivedTable[], Person[], Model[]] = [[], [], []];
  const files = { count: 0, bytes: 0 };
  for await (const entry of archive.entries()) {
    const { name, size } = entry;
    if (name === TABLES) await listOf(entry, archivedTableSchema, tables);
    else if (/^people(?:\.\d{6})?\.ndjson$/.test(name)) await listOf(entry, personSchema, people);
    else if (name === MODELS) await listOf(entry, modelSchema, models);
    else if (FILES.test(name)) {
      files.count += 1;
      files.bytes += size;
    } else if (!ROWS.test(name) && !OTHER.test(name)) throw refused(`nobody knows its entry ${name}`);
  }
  const about = detailsSchema.safeParse(archive.about.details);
  const end = endSchema.safeParse(archive.manifest().details);
  if (!about.success || !end.success)
    throw refused('it does not say of which workspace it is, or how many rows it has');
  for (const [list, what] of [
    [people, PEOPLE],
    [models, MODELS],
  ] as const) {
    if (new Set(list.map(({ id }) => id)).size !== list.length) throw refused(`${what} has an id twice`);
    if (!list.every(({ id }) => isId(id))) throw refused(`${what} has an id that is none`);
  }
  const { id: archiveId, createdAt, writtenBy } = archive.about;
  return { archiveId, createdAt, writtenBy, ...about.data, ...end.data, tables, people, models, files };
}
