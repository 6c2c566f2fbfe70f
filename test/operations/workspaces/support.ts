import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { openArchive, readArchiveLines } from '../../../lib/archive/read.ts';
import { createArchive } from '../../../lib/archive/write.ts';
import type { Database } from '../../../lib/database.ts';
import { filesFolder, localStorage } from '../../../lib/storage.ts';
import { type Exported, exportWorkspace } from '../../../operations/workspaces/export.ts';
import { type Imported, type ImportOptions, importWorkspace } from '../../../operations/workspaces/import.ts';

export interface Installation {
  database: Database;
  /** Its data folder. */
  folder: string;
}

export const storageOf = ({ folder }: Installation) => localStorage(filesFolder(folder));

export const exportTo = (from: Installation, workspaceId: string, file: string): Promise<Exported> =>
  exportWorkspace(from.database, workspaceId, createWriteStream(file), {
    storage: storageOf(from),
    version: 'test',
  });

export const importInto = (
  to: Installation,
  file: string,
  options: Partial<ImportOptions> = {},
): Promise<Imported> => importWorkspace(to.database, file, { storage: storageOf(to), ...options });

/** Stores bytes where the row of a file says that they are. */
export async function storeBytes(where: Installation, path: string, bytes: string): Promise<void> {
  const received = await storageOf(where).receive(Readable.from([Buffer.from(bytes)]), { maxBytes: 1024 });
  await received.place(path);
  await received.discard();
}

export type Rows = Map<string, Record<string, string | null>[]>;

/** Every line of an archive, by the name of its part. */
export async function linesOf(file: string): Promise<Rows> {
  const archive = await openArchive(createReadStream(file), 'workspace');
  const found: Rows = new Map();
  for await (const entry of archive.entries()) {
    const name = entry.name.replace(/(?:\.\d{6})?\.ndjson$/, '');
    const rows = found.get(name) ?? [];
    found.set(name, rows);
    if (entry.name.endsWith('.ndjson'))
      for await (const lines of readArchiveLines(entry)) rows.push(...lines.map((line) => JSON.parse(line)));
  }
  return found;
}

export const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/**
 * The rows as they are in every installation: people by their address, models by their name, everything else by the part of its id that
 * an import keeps.
 */
export function canonical(parts: Rows): Record<string, string[]> {
  const names = new Map<string, string>();
  for (const one of parts.get('people') ?? []) names.set(one.id!, one.email!);
  for (const one of parts.get('models') ?? []) names.set(one.id!, `${one.provider} ${one.model}`);
  const found: Record<string, string[]> = {};
  for (const [name, rows] of parts) {
    if (!name.startsWith('rows/') && name !== 'people' && !name.startsWith('files/')) continue;
    found[name] = rows
      .map((row) => JSON.stringify(row).replace(ID, (id) => names.get(id) ?? id.slice(0, 26)))
      .sort();
  }
  return found;
}

export type Line = Record<string, unknown>;

/**
 * An archive as somebody would forge it: whole, with right sums, and other rows.
 * @param change  what becomes of the rows of a part; parts that come to be are added at the end of the rows
 */
export async function forge(
  file: string,
  to: string,
  change: (part: string, rows: Line[]) => Line[],
  options: { details?: Line; addition?: [string, Line[]]; files?: Record<string, string> } = {},
): Promise<string> {
  const archive = await openArchive(createReadStream(file), 'workspace');
  const written = await createArchive(createWriteStream(to), {
    ...archive.about,
    createdAt: new Date(archive.about.createdAt),
    readme: '',
    details: { ...archive.about.details, ...options.details },
  });
  const counts: Record<string, number> = {};
  const add = async (part: string, rows: Line[]): Promise<void> => {
    const count = await written.lines(part, [rows.map((row) => JSON.stringify(row))]);
    if (part.startsWith('rows/')) counts[part.slice(5)] = count;
  };
  const bytes: [string, Buffer][] = Object.entries(options.files ?? {}).map(([name, text]) => [
    name,
    Buffer.from(text),
  ]);
  for await (const entry of archive.entries()) {
    const part = entry.name.replace(/\.ndjson$/, '');
    if (part === entry.name) {
      bytes.push([entry.name, await buffer(Readable.from(entry.content))]);
      continue;
    }
    const rows: Line[] = [];
    for await (const lines of readArchiveLines(entry)) rows.push(...lines.map((line) => JSON.parse(line)));
    await add(part, change(part, rows));
  }
  if (options.addition) await add(...options.addition);
  for (const [name, content] of bytes) await written.file(name, content.length, Readable.from([content]));
  await written.finish({ rows: counts, missingFiles: [] });
  return to;
}
