import { z } from 'zod';

/** What an archive of a workspace holds beside the rows, as entries of that name. */
export const KIND = 'workspace';
export const TABLES = 'tables.ndjson';
export const PEOPLE = 'people.ndjson';
export const MODELS = 'models.ndjson';

/** Entries of rows are called rows/TABLE.ndjson, and rows/TABLE.000002.ndjson … */
export const ROWS = /^rows\/(app_\w+\.\w+?)(?:\.\d{6})?\.ndjson$/;
export const FILES = /^files\/([0-9a-f]{64})$/;
export const OTHER = /^history\/[\w.]+\.ndjson$/;

export const archivedTableSchema = z.object({
  name: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
});
export type ArchivedTable = z.infer<typeof archivedTableSchema>;

export const personSchema = z.object({
  id: z.string(),
  email: z.string(),
  display_name: z.string().nullable(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
});
export type Person = z.infer<typeof personSchema>;

export const modelSchema = z.object({
  id: z.string(),
  provider: z.string(),
  model: z.string(),
  dimensions: z.string(),
  distance: z.string(),
  native_dimensions: z.string().nullable(),
  query_prefix: z.string(),
  passage_prefix: z.string(),
});
export type Model = z.infer<typeof modelSchema>;

export const detailsSchema = z.object({
  workspaceId: z.uuid(),
  name: z.string(),
  installation: z.string().nullable(),
});
export const endSchema = z.object({
  rows: z.record(z.string(), z.number().int()),
  missingFiles: z.array(z.string()),
});

export const readme = (name: string): string => `A workspace of Colloquy: ${name}

Everything that its members have in it, as text that any program reads.

archive.json            what this is, of which workspace, written when
manifest.json           every file here with its size and SHA-256, and how many rows each table has
tables.ndjson           the tables with their columns
people.ndjson           the accounts that the rows refer to, by their id
models.ndjson           the models whose vectors there are
rows/TABLE.ndjson       a line for each row: an object of its columns, each as PostgreSQL writes it, or null
rows/TABLE.000002.ndjson …   more of the same table
history/                the audit log of the workspace, to be read
files/SHA256            the bytes of files; rows/app_public.files has their names

Messages of packed conversations are among the messages. Not in here: passwords, sessions, API keys, links, invitations, mail.
Into another installation it comes by: npm run ops -- workspace import FILE
`;
