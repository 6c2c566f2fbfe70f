import {
  createUIMessageStream,
  type InferUIMessageChunk,
  type LanguageModelUsage,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import { textOf, toSaved } from './ai-sdk-parts.ts';
import type { Client } from './client.ts';
import { ColloquyError } from './errors.ts';
import {
  AppendToMessageDocument,
  type CitationInput,
  FinishMessageDocument,
  type FinishMessageInput,
  MessageAfterDocument,
  RepliesDocument,
  SaveMessagesDocument,
  StartAnswerDocument,
} from './generated.ts';

/** Milliseconds between signs of life while a model says nothing. */
const PULSE = 20_000;
/** The first half of a surrogate pair. */
const HALF = /^[\ud800-\udbff]$/;

/** Writes the text of an answer as it comes: what is said while a piece is on its way goes with the next one. */
function textWriter(client: Client, messageId: string, onRefusal: (error: unknown) => void) {
  let pending = '';
  let at = 0;
  let text = '';
  let isStored = true;
  let sending: Promise<void> | undefined;
  let isAfterText = false;

  async function send(): Promise<void> {
    do {
      // half of a surrogate pair waits for the other half
      const end = HALF.test(pending.slice(-1)) ? pending.length - 1 : pending.length;
      const piece = pending.slice(0, end);
      const { appendToMessage } = await client.request(
        AppendToMessageDocument,
        { messageId, text: piece, at },
        { isRepeatable: true },
      );
      at = appendToMessage!.length!;
      pending = pending.slice(end);
    } while (pending !== '' && !HALF.test(pending));
  }
  function push(): void {
    if (sending || !isStored) return;
    sending = send()
      .catch((error) => {
        // what is not stored now goes with the next piece, or with the end
        if (error instanceof ColloquyError && error.isTemporary) return;
        isStored = false;
        onRefusal(error);
      })
      .finally(() => {
        sending = undefined;
      });
  }
  const pulse = setInterval(push, PULSE);
  return {
    see(chunk: UIMessageChunk): void {
      if (chunk.type === 'text-start') isAfterText = text !== '';
      if (chunk.type !== 'text-delta') return;
      const said = (isAfterText ? '\n\n' : '') + chunk.delta;
      isAfterText = false;
      text += said;
      pending += said;
      push();
    },
    /** Ends it, and says whether all of this text is stored. */
    async end(whole: string): Promise<boolean> {
      clearInterval(pulse);
      await sending;
      return text === whole && pending === '';
    },
  };
}

export interface AnswerOptions<Message extends UIMessage> {
  /** The conversation. */
  chatId: string;
  /** The messages up to the one that is answered. */
  messages: Message[];
  provider?: string | undefined;
  model?: string | undefined;
}

type Used = Pick<LanguageModelUsage, 'inputTokens' | 'outputTokens'>;

export interface StoreOptions {
  /** What the model used, as `streamText` gives it: it counts in the usage of the workspace. */
  usage?: PromiseLike<Used> | undefined;
  /** The passages that the model was given, best first: they are kept as the citations of the answer. */
  chunks?: CitationInput[] | undefined;
  /** What the reader is told of an error. */
  onError?: ((error: unknown) => string) | undefined;
}

/** An answer that is begun, and stored as it comes. */
export interface Answer<Message extends UIMessage> {
  /** The id of its message. */
  id: string;
  /** Aborted when somebody stops the answer, or it cannot be stored any more: for the model. */
  signal: AbortSignal;
  /** Stores what a model says, and returns it for the response. It is stored to its end, whether that is read or not. */
  store(
    stream: ReadableStream<InferUIMessageChunk<Message>>,
    options?: StoreOptions,
  ): ReadableStream<InferUIMessageChunk<Message>>;
  /** Fulfilled when it is stored: for `waitUntil` of the platform, where it has one. */
  done: Promise<void>;
}

/** The answer that a question has already: its newest, or, where there were no branches yet, what follows it. */
async function answerBefore(client: Client, chatId: string, asked: string): Promise<string | undefined> {
  const { message } = await client.request(RepliesDocument, { id: asked });
  if (!message) return undefined;
  const [reply] = message.replies.nodes;
  if (reply) return reply.role === 'ASSISTANT' ? reply.id : undefined;
  if (message.sequenceNumber >= (message.conversation?.messageCount ?? 0)) return undefined;
  const { conversation } = await client.request(MessageAfterDocument, { conversation: chatId, id: asked });
  const next = conversation?.messages.nodes[0];
  return next?.role === 'ASSISTANT' && !next.replacesId ? next.id : undefined;
}

/** Saves the messages, and begins the answer: another version of the one that was there, where it is regenerated. */
async function begin<Message extends UIMessage>(
  client: Client,
  options: AnswerOptions<Message>,
): Promise<string> {
  const { chatId, messages, provider, model } = options;
  const { saveMessages } = await client.request(
    SaveMessagesDocument,
    { conversation: chatId, messages: messages.map(toSaved) },
    { isRepeatable: true },
  );
  const asked = saveMessages!.messages!.at(-1)!.id;
  const before = await answerBefore(client, chatId, asked);
  const { startAnswer } = await client.request(StartAnswerDocument, {
    input: {
      conversationId: chatId,
      idempotencyKey: crypto.randomUUID(),
      ...(before ? { replacesId: before } : {}),
      ...(provider ? { provider } : {}),
      ...(model ? { model } : {}),
    },
  });
  return startAnswer!.messages!.at(-1)!.id;
}

/**
 * Saves the messages of a chat and begins the answer to the last one. Readers of the conversation see its text as it comes, and
 * `resumeAnswer` goes on with it. Where the last one is an answer that goes on (after a tool of the browser), it is saved at its end.
 */
export async function startAnswer<Message extends UIMessage>(
  client: Client,
  options: AnswerOptions<Message>,
): Promise<Answer<Message>> {
  const { chatId, messages } = options;
  const last = messages.at(-1);
  const isContinued = last?.role === 'assistant';
  const id = isContinued ? last.id : await begin(client, options);
  const stop = new AbortController();
  let stored!: () => void;
  let notStored!: (reason: unknown) => void;
  const done = new Promise<void>((resolve, reject) => {
    stored = resolve;
    notStored = reject;
  });
  done.catch(() => undefined);

  async function finish(
    message: Message,
    input: Partial<FinishMessageInput>,
    used: Promise<Used | undefined>,
  ) {
    if (isContinued) {
      const list = [...messages.slice(0, -1), message].map(toSaved);
      await client.request(
        SaveMessagesDocument,
        { conversation: chatId, messages: list },
        { isRepeatable: true },
      );
      return;
    }
    const { inputTokens = null, outputTokens = null } = (await used) ?? {};
    const tokens = { promptTokens: inputTokens, completionTokens: outputTokens };
    const metadata = message.metadata === undefined ? {} : { metadata: message.metadata };
    await client.request(
      FinishMessageDocument,
      { input: { messageId: id, parts: message.parts, ...metadata, ...tokens, ...input } },
      { isRepeatable: true },
    );
  }

  return {
    id,
    signal: stop.signal,
    done,
    store(stream, { usage, chunks, onError } = {}) {
      const begun = performance.now();
      const writer = isContinued ? undefined : textWriter(client, id, (error) => stop.abort(error));
      const used = Promise.resolve(usage).catch(() => undefined);
      let hasFailed = false;
      const seen = stream.pipeThrough(
        new TransformStream<InferUIMessageChunk<Message>, InferUIMessageChunk<Message>>({
          transform(chunk, controller) {
            if (chunk.type === 'error' || chunk.type === 'abort') hasFailed = true;
            writer?.see(chunk as UIMessageChunk);
            controller.enqueue(chunk);
          },
        }),
      );
      const whole = createUIMessageStream<Message>({
        originalMessages: messages,
        generateId: () => id,
        ...(onError ? { onError } : {}),
        execute: ({ writer: out }) => out.merge(seen),
        async onEnd({ responseMessage, outcome }) {
          const content = textOf(responseMessage.parts);
          const isStored = await writer?.end(content);
          if (stop.signal.aborted) {
            const { code } = stop.signal.reason as { code?: string };
            // somebody ended it, with its text so far
            return code === 'CQ812' ? stored() : notStored(stop.signal.reason);
          }
          const status = hasFailed || outcome.status === 'failed' ? 'FAILED' : 'COMPLETE';
          const latencyMs = Math.round(performance.now() - begun);
          const ended = finish(
            responseMessage,
            { status, latencyMs, ...(chunks ? { chunks } : {}), ...(isStored ? {} : { content }) },
            used,
          );
          await ended.then(stored, (error) => {
            notStored(error);
            throw error;
          });
        },
      });
      // one for the reader, who may leave, and one that is read to its end
      const [shown, kept] = whole.tee();
      void kept.pipeTo(new WritableStream()).catch(notStored);
      return shown;
    },
  };
}
