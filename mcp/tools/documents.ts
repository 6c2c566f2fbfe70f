import { z } from 'zod';
import { ColloquyError } from '../../lib/errors.ts';
import { linkTo } from '../links.ts';
import type { Piece } from '../quoted.ts';
import { type Ask, tool } from '../tool.ts';
import { id, length, link, offset, piece, time } from './fields.ts';

const DOCUMENT = `query McpDocument($id: UUID!, $offset: Int!, $length: Int!) {
  document(id: $id) { id title sourceUrl contentType updatedAt totalLength: length content: excerpt(skip: $offset, length: $length) }
}`;

const PASSAGE = `query McpPassage($id: UUID!, $workspace: UUID!) {
  chunk(id: $id, workspaceId: $workspace) { documentId startOffset }
}`;

export const missing = (what: string, hint: string): ColloquyError =>
  new ColloquyError('CQ204', `There is no such ${what}.`, { hint });

export interface DocumentPiece extends Piece {
  id: string;
  title: string;
  sourceUrl: string | null;
  contentType: string;
  updatedAt: string | null;
}

/**
 * A piece of a document.
 * @throws ColloquyError CQ204 when there is none that the caller may read
 */
export async function readDocument(
  ask: Ask,
  documentId: string,
  from: number,
  most: number,
): Promise<DocumentPiece> {
  const { document } = await ask(DOCUMENT, { id: documentId, offset: from, length: most });
  if (!document) throw missing('document', 'Take its id from search: it may have been deleted since.');
  const read = Array.from(document.content as string).length;
  const end = from + read;
  return { ...document, offset: from, length: read, nextOffset: end < document.totalLength ? end : null };
}

/** Where a passage begins in its document; 0 when it is gone, because the document was cut anew since. */
export async function placeOf(
  ask: Ask,
  workspaceId: string,
  passageId: string,
  documentId: string,
): Promise<number> {
  const { chunk } = await ask(PASSAGE, { id: passageId, workspace: workspaceId });
  return chunk?.documentId === documentId ? chunk.startOffset : 0;
}

export const readDocumentTool = tool({
  name: 'read_document',
  title: 'Read a document',
  description:
    'Reads a document, a piece at a time: from its beginning, from an offset, or from a passage that search found. Example: {"documentId": "01890000-0000-7000-8000-000000000000", "offset": 20000}',
  need: 'read',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({
    documentId: id('the document, of search'),
    passageId: z.guid().optional().describe('A passage of search, to begin there; instead of offset.'),
    offset,
    length,
  }),
  output: z.object({
    documentId: z.string(),
    citation: link,
    title: z.string(),
    sourceUrl: z.string().nullable().describe('Where the document came from.'),
    contentType: z.string(),
    updatedAt: time,
    ...piece,
  }),
  async run({ documentId, passageId, ...given }, { ask, caller }) {
    const start = passageId ? await placeOf(ask, caller.workspaceId, passageId, documentId) : given.offset;
    const { id: _, ...document } = await readDocument(ask, documentId, start, given.length);
    return { answer: { documentId, citation: linkTo('documents', documentId), ...document } };
  },
});
