import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ColloquyError } from '../lib/errors.ts';
import { cleanText } from '../lib/storable.ts';

/** The only documents that are executed, by their ids and by the SHA-256 of their text. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** Ids to documents, as graphql-codegen and Relay write them; or the manifest of Apollo. */
const listing = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => operations.map(({ id, body }): [string, string] => [id, body])),
  z.record(z.string(), z.string()).transform((documents) => Object.entries(documents)),
]);

async function readFolder(folder: string): Promise<[string, string][]> {
  const names = (await readdir(folder)).filter((name) => /\.(graphql|gql)$/.test(name)).sort();
  const read = async (name: string): Promise<[string, string]> => [
    name.replace(/\.\w+$/, ''),
    await readFile(join(folder, name), 'utf8'),
  ];
  return Promise.all(names.map(read));
}

/**
 * Reads the documents of a JSON file, or of a folder with one file.graphql for each, whose name is its id.
 * @throws ColloquyError CQ001 when there are none, or the file is of no form that is known
 */
export async function readTrustedDocuments(path: string): Promise<TrustedDocuments> {
  let documents: [string, string][];
  try {
    documents = (await stat(path)).isDirectory()
      ? await readFolder(path)
      : listing.parse(JSON.parse(await readFile(path, 'utf8')));
    if (documents.length === 0) throw new Error('it holds no document');
  } catch (error) {
    throw new ColloquyError('CQ001', `TRUSTED_DOCUMENTS: ${path} cannot be used`, {
      hint: 'Name a JSON file with an object of ids and documents, a manifest of Apollo, or a folder with files of GraphQL.',
      cause: error,
    });
  }
  const trusted = new Map<string, string>();
  for (const [id, text] of documents) {
    const document = cleanText(text);
    const hash = createHash('sha256').update(document).digest('hex');
    for (const key of [id, hash, `sha256:${hash}`]) trusted.set(key, document);
  }
  return trusted;
}

/** What of the body of a request names or is a document. */
export interface DocumentBody {
  id?: unknown;
  documentId?: unknown;
  query?: unknown;
  extensions?: unknown;
}

/** The id as Relay, graphql-codegen and the specification send it (documentId), Apollo (a hash in the extensions), or others (id). */
function idOf({ id, documentId, extensions }: DocumentBody): unknown {
  const apollo = extensions as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined;
  return documentId ?? id ?? apollo?.persistedQuery?.sha256Hash;
}

/** The trusted document that a request asks for: by its id, or by its text; undefined when it asks for another, or for two. */
export function trustedDocument(trusted: TrustedDocuments, body: DocumentBody): string | undefined {
  const id = idOf(body);
  const given = typeof body.query === 'string' ? cleanText(body.query) : undefined;
  if (id === undefined || id === null) {
    if (given === undefined) return undefined;
    return trusted.get(createHash('sha256').update(given).digest('hex'));
  }
  const document = typeof id === 'string' ? trusted.get(id) : undefined;
  return given === undefined || given === document ? document : undefined;
}
