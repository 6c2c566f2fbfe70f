import type {
  ListResourcesResult,
  ReadResourceResult,
  ResourceTemplateType,
} from '@modelcontextprotocol/server';
import { ColloquyError } from '../lib/errors.ts';
import { type Kind, type Link, linkTo, readLink } from './links.ts';
import { bounded, quoted } from './quoted.ts';
import type { Ask, Context } from './tool.ts';
import { listOf, readConversation, readMessage } from './tools/conversations.ts';
import { missing, placeOf, readDocument } from './tools/documents.ts';

const PAGE = 50;
/** Characters of a document or message in an answer, and messages of a conversation. */
const PIECE = 20_000;
const MESSAGES = 50;

const template = (kind: Kind, name: string, variable: string, description: string): ResourceTemplateType => ({
  uriTemplate: `colloquy://${kind}/${variable}`,
  name: kind,
  title: name,
  description,
  mimeType: 'text/plain',
});

export const templates: ResourceTemplateType[] = [
  template(
    'documents',
    'Document',
    '{documentId}{?offset,passage}',
    'A document, from an offset or a passage on.',
  ),
  template(
    'conversations',
    'Conversation',
    '{conversationId}{?before}',
    'A conversation: its newest messages, or those before a cursor.',
  ),
  template('messages', 'Message', '{messageId}{?offset}', 'A message, from an offset on.'),
  template('memories', 'Memory', '{memoryId}', 'A memory.'),
  template('events', 'Event', '{eventId}', 'An event of another system.'),
];

const DOCUMENTS = `query McpDocuments($first: Int!, $after: Cursor) {
  documents(first: $first, after: $after, orderBy: [PRIMARY_KEY_DESC], filter: { isArchived: { equalTo: false } }) {
    nodes { id title sourceUrl updatedAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

type Cursor = { of: 'documents' | 'conversations'; after: string | null };

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(text: string | undefined): Cursor {
  if (text === undefined) return { of: 'documents', after: null };
  try {
    const { of, after } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor;
    if ((of === 'documents' || of === 'conversations') && (after === null || typeof after === 'string'))
      return { of, after };
  } catch {
    // what it was is said below
  }
  const hint = 'Use the nextCursor of the page before, or none.';
  throw new ColloquyError('CQ200', 'The cursor is none of this list.', { hint });
}

/** A page of what can be opened: documents, the newest first, then conversations. */
export async function listResources(ask: Ask, text: string | undefined): Promise<ListResourcesResult> {
  const cursor = readCursor(text);
  if (cursor.of === 'documents') {
    const { documents } = await ask(DOCUMENTS, { first: PAGE, after: cursor.after });
    const { hasNextPage, endCursor } = documents.pageInfo;
    const next: Cursor = hasNextPage
      ? { of: 'documents', after: endCursor }
      : { of: 'conversations', after: null };
    const resources = documents.nodes.map(
      ({ id, title, sourceUrl, updatedAt }: Record<string, string | null>) => ({
        uri: linkTo('documents', id!),
        name: title,
        title,
        mimeType: 'text/plain',
        ...(sourceUrl ? { description: sourceUrl } : {}),
        ...(updatedAt ? { annotations: { lastModified: new Date(updatedAt).toISOString() } } : {}),
      }),
    );
    return { resources, nextCursor: writeCursor(next) };
  }
  const { nodes, next } = await listOf(ask, { first: PAGE, after: cursor.after ?? undefined });
  const resources = nodes.map(({ id, title, lastMessageAt }) => ({
    uri: linkTo('conversations', id),
    name: title ?? 'Conversation',
    title: title ?? 'Conversation',
    mimeType: 'text/plain',
    ...(lastMessageAt ? { annotations: { lastModified: new Date(lastMessageAt).toISOString() } } : {}),
  }));
  return { resources, ...(next ? { nextCursor: writeCursor({ of: 'conversations', after: next }) } : {}) };
}

const MEMORY =
  'query McpMemory($id: UUID!) { memoryItem(id: $id) { subject content createdAt forgottenAt } }';
const EVENT = 'query McpEvent($id: UUID!) { rawEvent(id: $id) { source eventType payload ingestedAt } }';

/** What is read, and where more of it is. */
type Read = { text: string; more?: string | undefined };

const offsetOf = ({ place }: Link): number => {
  const offset = Number(place.get('offset') ?? 0);
  if (Number.isInteger(offset) && offset >= 0 && offset < 2 ** 31) return offset;
  throw new ColloquyError('CQ200', 'offset is a number of characters.', {
    hint: 'Leave it out for the beginning.',
  });
};

const lines = (...all: (string | null | undefined)[]): string =>
  all.filter((line) => line != null).join('\n');

const readers: Record<Kind, (link: Link, context: Context) => Promise<Read>> = {
  async documents(link, { ask, caller }) {
    const passage = link.place.get('passage');
    const start = passage ? await placeOf(ask, caller.workspaceId, passage, link.id) : offsetOf(link);
    const { title, sourceUrl, content, nextOffset } = await readDocument(ask, link.id, start, PIECE);
    return {
      text: lines(title, sourceUrl, '', content),
      more: nextOffset === null ? undefined : linkTo('documents', link.id, { offset: nextOffset }),
    };
  },
  async conversations(link, { ask }) {
    const before = link.place.get('before') ?? undefined;
    const { title, messages, previousCursor } = await readConversation(ask, link.id, {
      last: MESSAGES,
      before,
    });
    const turns = messages.map(({ role, content, isCut, messageId }) =>
      lines('', `${role}:`, content, isCut ? `(more at ${linkTo('messages', messageId)})` : undefined),
    );
    return {
      text: lines(title, ...turns),
      more:
        previousCursor === null ? undefined : linkTo('conversations', link.id, { before: previousCursor }),
    };
  },
  async messages(link, { ask }) {
    const { role, content, nextOffset } = await readMessage(ask, link.id, offsetOf(link), PIECE);
    return {
      text: lines(`${role}:`, content),
      more: nextOffset === null ? undefined : linkTo('messages', link.id, { offset: nextOffset }),
    };
  },
  async memories({ id }, { ask }) {
    const { memoryItem } = await ask(MEMORY, { id });
    if (!memoryItem || memoryItem.forgottenAt) throw missing('memory', 'Take its id from recall or search.');
    return { text: lines(memoryItem.subject, memoryItem.content) };
  },
  async events({ id }, { ask }) {
    const { rawEvent } = await ask(EVENT, { id });
    if (!rawEvent) throw missing('event', 'Take its id from search.');
    const { source, eventType, payload } = rawEvent;
    return { text: lines(`${source} ${eventType}`, bounded(JSON.stringify(payload), PIECE).content) };
  },
};

/**
 * Reads what an address names.
 * @throws ColloquyError CQ204 for an address of nothing that the caller may read
 */
export async function readResource(uri: string, context: Context): Promise<ReadResourceResult> {
  const link = readLink(uri);
  if (!link) throw missing('resource', 'resources/list and resources/templates/list say which there are.');
  const { text, more } = await readers[link.kind](link, context);
  const end = more ? `\nThere is more: ${more}` : '';
  return { contents: [{ uri, mimeType: 'text/plain', text: `${quoted(text)}${end}` }] };
}
