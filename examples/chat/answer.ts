import type { LanguageModel, UIMessage } from 'ai';
import { convertToModelMessages, createUIMessageStreamResponse, streamText, toUIMessageStream } from 'ai';
import { loadChat, startAnswer } from '../../client/ai-sdk.ts';
import { type CitationInput, type Client, documentOf } from '../../client/index.ts';

/** What the page sends: a question, where it takes the place of another one that one's id, or the id of the answer to write anew. */
export interface Asked {
  id: string;
  parts?: UIMessage['parts'];
  messageId?: string;
}

interface Passage {
  chunkId: string;
  title: string | null;
  content: string;
  score: number;
  vectorScore: number | null;
  textScore: number | null;
}

const SearchDocument = documentOf<{ search: { results: Passage[] } }, { query: string }>(`
  query ($query: String!) {
    search(query: $query, kinds: [DOCUMENT], maxResults: 4) {
      results { chunkId title content score vectorScore textScore }
    }
  }
`);

/** The messages up to the one that is to be answered. */
export function askedList(stored: UIMessage[], { parts, messageId }: Asked): UIMessage[] {
  const place = messageId ? stored.findIndex(({ id }) => id === messageId) : stored.length;
  if (place < 0) throw new RangeError('The conversation has no such message.');
  const before = stored.slice(0, place);
  return parts ? [...before, { id: messageId ?? crypto.randomUUID(), role: 'user', parts }] : before;
}

/** What a person may send in a question: words, and files that are named. */
const isOfQuestion = (part: unknown): boolean => {
  const { type, text, data } = (part ?? {}) as { type?: unknown; text?: unknown; data?: unknown };
  return type === 'text' ? typeof text === 'string' : type === 'data-file' && typeof data === 'object';
};

/** What the model is given of a chat: words alone, since the SDK would fetch whatever address stands in other parts. */
const wordsOf = (messages: UIMessage[]): UIMessage[] =>
  messages
    .filter(({ role }) => role !== 'system')
    .map((message) => ({ ...message, parts: message.parts.filter(({ type }) => type === 'text') }))
    .filter(({ parts }) => parts.length > 0);

const textOf = ({ parts }: UIMessage): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');

const instructionsFor = (passages: Passage[]): string =>
  [
    'Answer from these passages alone, and name the number of each that you use, as [1].',
    ...passages.map(({ title, content }, index) => `[${index + 1}] ${title}\n${content}`),
  ].join('\n\n');

/** What the search said of a passage, as it is kept with the answer. */
const citationOf = ({ chunkId, score, vectorScore, textScore }: Passage): CitationInput => ({
  chunkId,
  score,
  similarityScore: vectorScore,
  textScore,
});

/** Answers a question from what is found for it. The answer is stored as it comes, whether the page that asked is still there or not. */
export async function answer(client: Client, asked: Asked, model: LanguageModel): Promise<Response> {
  if (asked.parts && !(Array.isArray(asked.parts) && asked.parts.every(isOfQuestion)))
    throw new RangeError('A question has texts and files.');
  const messages = askedList(await loadChat(client, asked.id), asked);
  const { search } = await client.request(SearchDocument, { query: textOf(messages.at(-1)!) });
  const passages = search.results;
  const begun = await startAnswer(client, { chatId: asked.id, messages });
  const { stream, usage } = streamText({
    model,
    instructions: instructionsFor(passages),
    messages: await convertToModelMessages(wordsOf(messages)),
    abortSignal: begun.signal,
  });
  const chunks = passages.map(citationOf);
  return createUIMessageStreamResponse({
    stream: begun.store(toUIMessageStream({ stream }), { usage, chunks }),
  });
}
