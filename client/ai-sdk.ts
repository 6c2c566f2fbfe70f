import {
  DefaultChatTransport,
  type HttpChatTransportInitOptions,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import { chunksOf, toSaved, toUIMessage } from './ai-sdk-parts.ts';
import { shownMessages } from './branch.ts';
import type { Client } from './client.ts';
import {
  FinishMessageDocument,
  LatestMessagesDocument,
  MessageDocument,
  type MessageOfPageFragment,
  SaveMessagesDocument,
} from './generated.ts';
import { followMessages } from './subscribe.ts';

export { type Answer, type AnswerOptions, type StoreOptions, startAnswer } from './ai-sdk-answer.ts';

/** The messages of a chat, the branch that is shown, as `useChat` takes them. An answer that is being written has its text so far. */
export async function loadChat<Message extends UIMessage>(
  client: Client,
  chatId: string,
): Promise<Message[]> {
  return (await shownMessages(client, chatId)).map((message) => toUIMessage<Message>(message));
}

/**
 * Saves the messages of a chat as they are now. What was changed or left out since stays as another version, or on a branch of its own; again it
 * changes nothing.
 */
export async function saveChat(
  client: Client,
  { chatId, messages }: { chatId: string; messages: UIMessage[] },
): Promise<void> {
  await client.request(
    SaveMessagesDocument,
    { conversation: chatId, messages: messages.map(toSaved) },
    { isRepeatable: true },
  );
}

async function latestAnswer(client: Client, chatId: string): Promise<MessageOfPageFragment | undefined> {
  const { conversation } = await client.request(LatestMessagesDocument, { conversation: chatId });
  return conversation?.messages.nodes.findLast(({ status }) => status === 'STREAMING');
}

/** An answer from its beginning: its text as it comes, and in the end all of its parts. */
async function* replay(
  client: Client,
  chatId: string,
  answer: MessageOfPageFragment,
  signal: AbortSignal,
): AsyncGenerator<UIMessageChunk> {
  const { id } = answer;
  yield { type: 'start', messageId: toUIMessage(answer).id };
  yield { type: 'text-start', id };
  let length = 0;
  let isStreaming = true;
  for await (const { changes } of followMessages(client, { conversation: chatId }, { signal })) {
    const own = changes.filter(({ messageId }) => messageId === id);
    // it ended before the first event
    isStreaming &&= own.length > 0 || length > 0;
    for (const { offset, text, status } of own) {
      if (offset === length && text) yield { type: 'text-delta', id, delta: text };
      length = offset + text.length;
      isStreaming &&= status === 'STREAMING';
    }
    if (!isStreaming) break;
  }
  const { message } = await client.request(MessageDocument, { id }, { signal });
  if (!message) throw new Error('The answer is gone.');
  // what a reader has seen is a part of it, and not as it is stored
  yield { type: 'reset-step' };
  const { parts, metadata } = toUIMessage(message);
  yield* chunksOf(parts);
  if (message.status === 'FAILED')
    yield { type: 'error', errorText: 'The answer ended before it was complete.' };
  yield { type: 'finish', ...(metadata === undefined ? {} : { messageMetadata: metadata }) };
}

/**
 * The answer that is being written in a chat, from its beginning, or null where there is none: what a GET of the resume protocol returns.
 * A reader that leaves changes nothing for the others.
 */
export async function resumeAnswer(
  client: Client,
  chatId: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<ReadableStream<UIMessageChunk> | null> {
  const answer = await latestAnswer(client, chatId);
  if (!answer) return null;
  const end = new AbortController();
  const chunks = replay(client, chatId, answer, signal ? AbortSignal.any([signal, end.signal]) : end.signal);
  return new ReadableStream<UIMessageChunk>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      end.abort();
      await chunks.return(undefined).catch(() => undefined);
    },
  });
}

/** Ends the answer that is being written in a chat, with its text so far; whoever writes it hears of it. Says whether there was one. */
export async function stopAnswer(client: Client, chatId: string): Promise<boolean> {
  const answer = await latestAnswer(client, chatId);
  if (!answer) return false;
  await client.request(FinishMessageDocument, { input: { messageId: answer.id } });
  return true;
}

/** The transport of a page that has a client of its own: an answer that was broken off is taken up from the API itself, with no endpoint for it. */
export class ColloquyChatTransport<Message extends UIMessage> extends DefaultChatTransport<Message> {
  readonly #client: Client;

  constructor(client: Client, options: HttpChatTransportInitOptions<Message> = {}) {
    super(options);
    this.#client = client;
  }

  override reconnectToStream({ chatId, abortSignal }: { chatId: string; abortSignal?: AbortSignal }) {
    return resumeAnswer(this.#client, chatId, { signal: abortSignal });
  }
}
