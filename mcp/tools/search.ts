import { z } from 'zod';
import { linkTo } from '../links.ts';
import { bounded } from '../quoted.ts';
import { type ResourceLink, tool } from '../tool.ts';
import { id, link, lower, upper } from './fields.ts';

const KIND = z.enum(['document', 'message', 'memory', 'event']);

/** Characters of a passage; the rest is read where the citation leads. */
const PASSAGE = 4_000;

interface Found {
  chunkId: string;
  sourceType: string;
  documentId: string | null;
  conversationId: string | null;
  messageId: string | null;
  memoryItemId: string | null;
  rawEventId: string | null;
  title: string | null;
  heading: string | null;
  pageNumber: number | null;
  content: string;
  score: number;
}

const SEARCH = `query McpSearch($query: String!, $kinds: [SourceType!], $maxResults: Int!, $skip: Int!) {
  search(query: $query, kinds: $kinds, maxResults: $maxResults, skip: $skip) {
    path
    results {
      chunkId sourceType documentId conversationId messageId memoryItemId rawEventId title heading pageNumber content score
    }
  }
}`;

/** Where what was found can be opened. */
function citationOf(found: Found): string {
  if (found.documentId) return linkTo('documents', found.documentId, { passage: found.chunkId });
  if (found.messageId) return linkTo('messages', found.messageId);
  if (found.memoryItemId) return linkTo('memories', found.memoryItemId);
  return linkTo('events', found.rawEventId!);
}

const result = z.object({
  citation: link,
  kind: KIND,
  title: z.string().nullable().describe('Title of the document or conversation, subject of the memory.'),
  heading: z.string().nullable().describe('Headings above the passage.'),
  page: z.int().nullable(),
  content: z.string().describe('The passage.'),
  isCut: z.boolean().describe('Whether there is more of the passage than is shown.'),
  score: z.number().describe('What the results are ordered by; scores of two searches cannot be compared.'),
  documentId: z.string().nullable().describe('For read_document.'),
  passageId: z.string().describe('For read_document, which then begins at this passage.'),
  conversationId: z.string().nullable().describe('For read_conversation.'),
  messageId: z.string().nullable().describe('For read_message.'),
  memoryId: z.string().nullable(),
  eventId: z.string().nullable(),
});

export const search = tool({
  name: 'search',
  title: 'Search the knowledge',
  description:
    'Finds passages of documents, messages, memories and events by meaning and by words, in everything that you may read in the workspace. Each result has a citation that can be opened. Example: {"query": "how long are invoices kept", "kinds": ["document"], "maxResults": 5}',
  need: 'search',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({
    query: z
      .string()
      .min(1)
      .max(10_000)
      .describe('A question, a sentence, or some words, such as "how long are invoices kept".'),
    kinds: z.array(KIND).min(1).max(4).optional().describe('What to search in. Default: everything.'),
    maxResults: z.int().min(1).max(50).default(10).describe('Results at most.'),
    skip: z.int().min(0).max(199).default(0).describe('Results to pass over, for the next page.'),
  }),
  output: z.object({
    results: z.array(result),
    hasVectors: z.boolean().describe('Whether meaning was compared, or words alone.'),
  }),
  async run({ query, kinds, maxResults, skip }, { ask }) {
    const { search: found } = await ask(SEARCH, { query, kinds: kinds?.map(upper), maxResults, skip });
    const results = (found.results as Found[]).map((one) => {
      const { content, isCut } = bounded(one.content, PASSAGE);
      return {
        citation: citationOf(one),
        kind: lower<z.infer<typeof KIND>>(one.sourceType),
        title: one.title,
        heading: one.heading,
        page: one.pageNumber,
        content,
        isCut,
        score: one.score,
        documentId: one.documentId,
        passageId: one.chunkId,
        conversationId: one.conversationId,
        messageId: one.messageId,
        memoryId: one.memoryItemId,
        eventId: one.rawEventId,
      };
    });
    const links = new Map<string, ResourceLink>();
    for (const { citation, title, kind } of results) {
      const named = title ? { title } : {};
      links.set(citation, { uri: citation, name: title ?? kind, mimeType: 'text/plain', ...named });
    }
    return { answer: { results, hasVectors: found.path !== 'NONE' }, links: [...links.values()] };
  },
});

const recalled = z.object({
  memoryId: id('the memory, for forget'),
  citation: link,
  subject: z.string().nullable(),
  content: z.string(),
  importance: z.number(),
  score: z.number(),
});

const RECALL = `query McpRecall($query: String!, $maxResults: Int!) {
  recall(query: $query, maxResults: $maxResults) { memories { memoryItemId subject content importance score } }
}`;

export const recall = tool({
  name: 'recall',
  title: 'Recall memories',
  description:
    'The memories that fit a question best, weighed by importance and recency: facts that were stored with remember, in this session or an earlier one. Ask it before you say that you do not know something about the person or its work. Example: {"query": "which language does she prefer"}',
  need: 'read',
  hints: { readOnlyHint: true, idempotentHint: true },
  quotes: true,
  input: z.strictObject({
    query: z.string().min(1).max(10_000).describe('A question, a sentence, or some words.'),
    maxResults: z.int().min(1).max(50).default(10).describe('Memories at most.'),
  }),
  output: z.object({ memories: z.array(recalled) }),
  async run({ query, maxResults }, { ask }) {
    const { recall: found } = await ask(RECALL, { query, maxResults });
    const memories = (found.memories as (z.infer<typeof recalled> & { memoryItemId: string })[]).map(
      ({ memoryItemId, subject, content, importance, score }) => ({
        memoryId: memoryItemId,
        citation: linkTo('memories', memoryItemId),
        subject,
        content,
        importance,
        score,
      }),
    );
    return { answer: { memories } };
  },
});
