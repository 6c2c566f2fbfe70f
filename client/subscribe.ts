import type { Client, Document } from './client.ts';
import { ColloquyError, errorOf, unreachable } from './errors.ts';
import {
  MessageChangedDocument,
  type MessageChangedSubscription,
  type MessageChangedSubscriptionVariables,
} from './generated.ts';
import { pause, wait } from './patience.ts';

export interface SubscribeOptions<Result, Variables> {
  /** Ends it. Leaving the loop does so, too. */
  signal?: AbortSignal | undefined;
  /** What to ask for when the connection was lost after this event: mostly the cursor in it. */
  resume?: ((event: Result) => Partial<Variables>) | undefined;
  /** Seconds without a sign of life after which a connection is lost; the server gives one every 12. */
  silence?: number | undefined;
}

/** Seconds between two attempts, at most. */
const LONGEST_PAUSE = 10;

interface StreamEvent {
  name: string;
  data: string;
}

/** The events of a stream (`text/event-stream`). One that is broken off ends with an error. */
async function* eventsOf(body: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let name = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw unreachable(error);
      });
      if (done) throw unreachable(new Error('The stream ended before the subscription did.'));
      onBytes();
      const lines = (text + decoder.decode(value, { stream: true })).split(/\r?\n/);
      text = lines.pop()!;
      for (const line of lines) {
        if (line === '') {
          if (name) yield { name, data: data.join('\n') };
          name = '';
          data = [];
        } else if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** One connection of a subscription, until it completes. */
async function* connected<Result>(
  client: Client,
  asked: { query: string; variables: unknown },
  { signal, silence = 40 }: SubscribeOptions<Result, never>,
  onOpen: () => void,
): AsyncGenerator<Result, void, undefined> {
  const connection = new AbortController();
  const abort = () => connection.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const isAlive = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => connection.abort(new Error(`Nothing came for ${silence} seconds.`)),
      silence * 1000,
    );
  };
  try {
    signal?.throwIfAborted();
    isAlive();
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify(asked),
      signal: connection.signal,
    };
    const response = await client.fetch('/graphql/stream', init, { isRepeatable: true }).catch((error) => {
      throw connection.signal.aborted && !signal?.aborted ? unreachable(error) : error;
    });
    isAlive();
    onOpen();
    for await (const { name, data } of eventsOf(response.body!, isAlive)) {
      if (name === 'complete') return;
      if (name !== 'next') continue;
      const { data: result, errors } = JSON.parse(data);
      if (errors?.length || !result) throw errorOf(response, errors?.[0]);
      yield result;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

/**
 * The events of a subscription, until it completes or the loop is left. A connection that is lost comes again, for as long as it takes,
 * and goes on where `resume` says. A refusal is thrown; so is that the first connection could not be had.
 * @example for await (const { fileProgress } of subscribe(client, FileProgressDocument, { fileId })) console.log(fileProgress.stage);
 */
export async function* subscribe<Result, Variables>(
  client: Client,
  query: Document<Result, Variables>,
  variables: NoInfer<Variables>,
  options: SubscribeOptions<Result, Variables> = {},
): AsyncGenerator<Result, void, undefined> {
  const { signal, resume, silence } = options;
  let asked = variables;
  let failures = 0;
  let wasOpen = false;
  const onOpen = () => {
    wasOpen = true;
  };
  for (;;) {
    try {
      for await (const event of connected<Result>(
        client,
        { query, variables: asked },
        { signal, silence },
        onOpen,
      )) {
        failures = 0;
        if (resume) asked = { ...asked, ...resume(event) };
        yield event;
      }
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (!wasOpen || !(error instanceof ColloquyError) || !error.isTemporary) throw error;
      await wait(Math.max(error.retryAfter ?? 0, pause(failures, LONGEST_PAUSE)), signal);
      failures += 1;
    }
  }
}

/**
 * The messages of a conversation as they come, and answers as they are written: each piece replaces the text of its message from `offset`
 * on. Broken off, it goes on where it was, with no gap and nothing twice.
 */
export async function* followMessages(
  client: Client,
  variables: MessageChangedSubscriptionVariables,
  options: Omit<SubscribeOptions<never, never>, 'resume'> = {},
): AsyncGenerator<MessageChangedSubscription['messageChanged'], void, undefined> {
  const resume = ({ messageChanged: { cursor } }: MessageChangedSubscription) => ({
    after: cursor,
    afterMessageId: null,
  });
  for await (const event of subscribe(client, MessageChangedDocument, variables, { ...options, resume })) {
    yield event.messageChanged;
  }
}
