import { z } from 'zod';
import { linkTo } from '../links.ts';
import { bounded, pieceOf } from '../quoted.ts';
import { type Ask, tool } from '../tool.ts';
import { missing } from './documents.ts';
import { id, length, link, lower, offset, piece, time, upper, visibility } from './fields.ts';

const ROLE = z.enum(['user', 'assistant', 'system', 'tool']);

/** Characters of each message, and of all of a page. */
const MESSAGE = 8_000;
const PAGE = 60_000;

const LIST = `query McpConversations($first: Int!, $after: Cursor, $archived: Boolean!) {
  conversations(first: $first, after: $after, orderBy: [LAST_MESSAGE_AT_DESC], filter: { isArchived: { equalTo: $archived } }) {
    nodes { id title visibility messageCount lastMessageAt summary }
    pageInfo { hasNextPage endCursor }
  }
}`;

interface Listed {
  id: string;
  title: string | null;
  visibility: string;
  messageCount: number;
  lastMessageAt: string | null;
  summary: string | null;
}

/** A page of the conversations that somebody may read, those with the newest messages first. */
export async function listOf(
  ask: Ask,
  { first, after, archived = false }: { first: number; after?: string | undefined; archived?: boolean },
): Promise<{ nodes: Listed[]; next: string | null }> {
  const { conversations } = await ask(LIST, { first, after, archived });
  const { hasNextPage, endCursor } = conversations.pageInfo;
  return { nodes: conversations.nodes, next: hasNextPage ? endCursor : null };
}

export const listConversations = tool({
  name: 'list_conversations',
  title: 'List conversations',
  description:
    'Lists the conversations that you may read, those with the newest messages first, a page at a time. Example: {"limit": 20}',
  need: 'read',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({
    limit: z.int().min(1).max(100).default(20).describe('Conversations at most.'),
    cursor: z.string().max(2_000).optional().describe('nextCursor of the page before.'),
    archived: z.boolean().default(false).describe('Those that were put away, instead of the others.'),
  }),
  output: z.object({
    conversations: z.array(
      z.object({
        conversationId: id('the conversation, for read_conversation'),
        citation: link,
        title: z.string().nullable(),
        visibility,
        messageCount: z.int().min(0),
        lastMessageAt: time,
        summary: z.string().nullable(),
      }),
    ),
    nextCursor: z.string().nullable(),
  }),
  async run({ limit, cursor, archived }, { ask }) {
    const { nodes, next } = await listOf(ask, { first: limit, after: cursor, archived });
    const conversations = nodes.map(({ id: conversationId, ...one }) => ({
      ...one,
      conversationId,
      citation: linkTo('conversations', conversationId),
      visibility: lower<'private' | 'workspace'>(one.visibility),
      summary: one.summary && bounded(one.summary, 1_000).content,
    }));
    return { answer: { conversations, nextCursor: next } };
  },
});

const READ = `query McpConversation($id: UUID!, $last: Int!, $before: Cursor) {
  conversation(id: $id) {
    id title summary messageCount
    messages(last: $last, before: $before) {
      edges { cursor node { id role content status model createdAt } }
      pageInfo { hasPreviousPage }
    }
  }
}`;

const message = z.object({
  messageId: id('the message, for read_message'),
  role: ROLE,
  content: z.string(),
  isCut: z.boolean().describe('Whether there is more of it than is shown: read_message has all of it.'),
  status: z.string().describe('complete, streaming or failed.'),
  model: z.string().nullable(),
  createdAt: time,
});

interface Edge {
  cursor: string;
  node: z.infer<typeof message> & { id: string };
}

/** A page of a conversation: as many of its messages as fit, in the order they were written. */
export async function readConversation(
  ask: Ask,
  conversationId: string,
  { last, before }: { last: number; before?: string | undefined },
) {
  const { conversation } = await ask(READ, { id: conversationId, last, before });
  if (!conversation) throw missing('conversation', 'Take its id from list_conversations.');
  const { edges, pageInfo } = conversation.messages as {
    edges: Edge[];
    pageInfo: { hasPreviousPage: boolean };
  };
  let room = PAGE;
  let first = edges.length;
  const messages: z.infer<typeof message>[] = [];
  while (first > 0 && room > 0) {
    first -= 1;
    const { id: messageId, ...node } = edges[first]!.node;
    const { content, isCut } = bounded(node.content, MESSAGE);
    room -= content.length;
    messages.unshift({
      ...node,
      messageId,
      role: lower<z.infer<typeof ROLE>>(node.role),
      status: lower(node.status),
      content,
      isCut,
    });
  }
  const hasMore = first > 0 || pageInfo.hasPreviousPage;
  return {
    title: conversation.title as string | null,
    summary: conversation.summary as string | null,
    messageCount: conversation.messageCount as number,
    messages,
    previousCursor: hasMore ? edges[first]!.cursor : null,
  };
}

export const readConversationTool = tool({
  name: 'read_conversation',
  title: 'Read a conversation',
  description:
    'Reads a conversation, a page at a time: its newest messages in the order they were written, or those before a page that you have. Example: {"conversationId": "01890000-0000-7000-8000-000000000000", "limit": 20}',
  need: 'read',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({
    conversationId: id('the conversation'),
    limit: z.int().min(1).max(100).default(20).describe('Messages at most.'),
    before: z.string().max(2_000).optional().describe('previousCursor of the page that you have.'),
  }),
  output: z.object({
    conversationId: z.string(),
    citation: link,
    title: z.string().nullable(),
    summary: z.string().nullable(),
    messageCount: z.int().min(0),
    messages: z.array(message),
    previousCursor: z.string().nullable().describe('For the messages before these; null at the beginning.'),
  }),
  async run({ conversationId, limit, before }, { ask }) {
    const page = await readConversation(ask, conversationId, { last: limit, before });
    return { answer: { conversationId, citation: linkTo('conversations', conversationId), ...page } };
  },
});

const MESSAGE_QUERY = `query McpMessage($id: UUID!) {
  message(id: $id) { id conversationId role content status model createdAt }
}`;

/** A piece of a message. */
export async function readMessage(ask: Ask, messageId: string, from: number, most: number) {
  const { message: found } = await ask(MESSAGE_QUERY, { id: messageId });
  if (!found) throw missing('message', 'Take its id from search or read_conversation.');
  return {
    conversationId: found.conversationId as string,
    role: lower<z.infer<typeof ROLE>>(found.role),
    createdAt: found.createdAt as string | null,
    ...pieceOf(found.content, from, most),
  };
}

export const readMessageTool = tool({
  name: 'read_message',
  title: 'Read a message',
  description:
    'Reads one message that search or read_conversation named, a piece at a time when it is long. Example: {"messageId": "01890000-0000-7000-8000-000000000000"}',
  need: 'read',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({ messageId: id('the message'), offset, length }),
  output: z.object({
    messageId: z.string(),
    citation: link,
    conversationId: z.string(),
    role: ROLE,
    createdAt: time,
    ...piece,
  }),
  async run({ messageId, ...given }, { ask }) {
    const found = await readMessage(ask, messageId, given.offset, given.length);
    return { answer: { messageId, citation: linkTo('messages', messageId), ...found } };
  },
});

const START = `mutation McpStart($input: StartConversationInput!) {
  startConversation(input: $input) { conversation { id title visibility } }
}`;

export const startConversation = tool({
  name: 'start_conversation',
  title: 'Start a conversation',
  description:
    'Starts a conversation, to which post_message then writes. Example: {"title": "Invoices of March"}',
  need: 'write',
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  quotes: false,
  input: z.strictObject({
    title: z.string().max(500).optional().describe('What it is about, such as "Invoices of March".'),
    visibility: visibility.default('private'),
  }),
  output: z.object({
    conversationId: id('the conversation, for post_message'),
    citation: link,
    title: z.string().nullable(),
    visibility,
  }),
  async run(given, { ask }) {
    const input = { ...given, visibility: upper(given.visibility) };
    const { conversation } = (await ask(START, { input })).startConversation;
    return {
      answer: {
        conversationId: conversation.id,
        citation: linkTo('conversations', conversation.id),
        title: conversation.title,
        visibility: lower<'private' | 'workspace'>(conversation.visibility),
      },
    };
  },
});

const POST = `mutation McpPost($input: PostMessageInput!) {
  postMessage(input: $input) { message { id conversationId sequenceNumber } }
}`;

export const postMessage = tool({
  name: 'post_message',
  title: 'Write a message',
  description:
    'Writes a message to a conversation: what the person said (user), or what was answered (assistant). No model answers it by itself. Example: {"conversationId": "01890000-0000-7000-8000-000000000000", "role": "user", "content": "Which invoices are open?", "idempotencyKey": "turn-7"}',
  need: 'write',
  hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
  quotes: false,
  input: z.strictObject({
    conversationId: id('the conversation'),
    content: z.string().min(1).max(1_000_000).describe('The text.'),
    role: z.enum(['user', 'assistant']).default('user').describe('Who speaks.'),
    model: z.string().max(200).optional().describe('The model that wrote it, of an answer.'),
    idempotencyKey: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('A word of your own for this message: sent again with the same one, it is stored once.'),
  }),
  output: z.object({
    messageId: id('the message'),
    citation: link,
    conversationId: z
      .string()
      .describe('Where it was written: another one when the conversation was full, which continues it.'),
    sequenceNumber: z.int().min(1),
  }),
  async run(given, { ask }) {
    const { message: written } = (await ask(POST, { input: { ...given, role: upper(given.role) } }))
      .postMessage;
    return {
      answer: {
        messageId: written.id,
        citation: linkTo('messages', written.id),
        conversationId: written.conversationId,
        sequenceNumber: written.sequenceNumber,
      },
    };
  },
});
