import { z } from 'zod';
import { ColloquyError } from '../errors.ts';

/**
 * A portable archive is a tar, compressed with gzip, that any machine opens:
 *
 *   README.txt               what is in it, for a person
 *   archive.json             what it is; comes before everything that is read by a program
 *   NAME.ndjson              a line of JSON for each row; of more than a few mebibytes, NAME.000002.ndjson … go on
 *   files/SHA256             bytes, by their hash
 *   manifest.json            the size and SHA-256 of every entry above; comes last, so that an archive without it is not whole
 */
export const FORMAT = 'colloquy-archive';
export const FORMAT_VERSION = 1;

export const README = 'README.txt';
export const ABOUT = 'archive.json';
export const MANIFEST = 'manifest.json';

/** What an entry may be called. No part of it is "..", and none is hidden. */
const SEGMENT = '[A-Za-z0-9_][A-Za-z0-9_.-]*';
const NAME = new RegExp(`^${SEGMENT}(?:/${SEGMENT}){0,4}$`);
const LONGEST_NAME = 200;

export const isEntryName = (name: string): boolean => name.length <= LONGEST_NAME && NAME.test(name);

export const aboutSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  /** What kind of thing it holds, as `workspace`. */
  kind: z.string().max(100),
  /** Of this archive. */
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  /** The version of Colloquy that wrote it. */
  writtenBy: z.string().max(100),
  /** What the writer says of it besides. */
  details: z.record(z.string(), z.unknown()),
});
export type ArchiveAbout = z.infer<typeof aboutSchema>;

export const entrySchema = z.object({
  name: z.string(),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of a file of lines. */
  rows: z.number().int().min(0).optional(),
});
export type ArchiveEntrySum = z.infer<typeof entrySchema>;

export const manifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  id: z.uuid(),
  entries: z.array(entrySchema),
  bytes: z.number().int().min(0),
  rows: z.number().int().min(0),
  /** What the writer knows only at the end. */
  details: z.record(z.string(), z.unknown()),
});
export type ArchiveManifest = z.infer<typeof manifestSchema>;

export const notWhole = (what: string, cause?: unknown): ColloquyError =>
  new ColloquyError('CQ780', `The archive is not whole, or is no archive: ${what}.`, {
    hint: 'Nothing of it was kept. Copy it again, or have it made again.',
    cause,
  });

export const damaged = (name: string): ColloquyError =>
  new ColloquyError('CQ781', `The entry ${name} of the archive is not what its manifest says.`, {
    hint: 'Nothing of it was kept. Copy it again, or have it made again.',
  });

export const notTaken = (what: string): ColloquyError =>
  new ColloquyError('CQ782', `The archive is refused: ${what}.`, {
    hint: 'No archive that was written by Colloquy is like that. Use one whose origin you know.',
  });
