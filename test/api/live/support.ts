import { createClient as createStreamClient } from 'graphql-sse';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape it asked for
type Any = any;

/** Waits until something is so. */
export async function condition(isSo: () => boolean, what: () => string = () => ''): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`It did not come to be: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a subscription told, and how it ended. */
export interface Told {
  events: Any[];
  /** The codes of the errors that it ended with. */
  codes: string[];
  isComplete: boolean;
  /** Close codes of the websocket. */
  closed: number[];
  /** Until so many events are there. */
  has(count: number): Promise<Any[]>;
  /** Until one fits. */
  finds(fits: (event: Any) => boolean): Promise<Any>;
  /** Until it is over, however. */
  ended(): Promise<void>;
  end(): void;
}

function collecting(): Told & { sink: object; onEnd(dispose: () => void): void } {
  let dispose = () => {};
  let isOver = false;
  const told = {
    events: [] as Any[],
    codes: [] as string[],
    isComplete: false,
    closed: [] as number[],
    async has(count: number) {
      await condition(
        () => told.events.length >= count || isOver,
        () => JSON.stringify(told),
      );
      if (told.events.length < count) throw new Error(`It is over: ${JSON.stringify(told)}`);
      return told.events;
    },
    async finds(fits: (event: Any) => boolean) {
      await condition(
        () => told.events.some(fits),
        () => JSON.stringify(told),
      );
      return told.events.find(fits);
    },
    ended: () =>
      condition(
        () => isOver,
        () => JSON.stringify(told),
      ),
    end: () => dispose(),
    onEnd(how: () => void) {
      dispose = how;
    },
    sink: {
      next({ data, errors }: Any) {
        if (errors) told.codes.push(...errors.map((error: Any) => error.extensions.code));
        if (data) told.events.push(Object.values(data)[0]);
      },
      error(error: Any) {
        isOver = true;
        if (Array.isArray(error)) told.codes.push(...error.map((one) => one.extensions?.code));
        // a close is told by the websocket itself
        else if (typeof error?.code !== 'number') told.codes.push(`${error?.message ?? error}`);
      },
      complete() {
        isOver = true;
        told.isComplete = true;
      },
    },
  };
  return told;
}

export interface Subscription {
  query: string;
  variables?: Record<string, unknown>;
}

/** A client of graphql-ws that does not connect again by itself, unless it is told to. */
export function wsClient(url: string, params: Record<string, unknown>, retries = 0): Client {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: params,
    // it stays until the server ends it, and shows how
    lazy: false,
    onNonLazyError: () => {},
    retryAttempts: retries,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
    shouldRetry: () => retries > 0,
  });
}

/** Subscribes over a websocket. */
export function overWebSocket(url: string, token: string, { query, variables }: Subscription): Told {
  const told = collecting();
  const client = wsClient(url, { authorization: `Bearer ${token}` });
  client.on('closed', (event) => told.closed.push((event as { code: number }).code));
  const end = client.subscribe({ query, variables: variables ?? {} }, told.sink as never);
  told.onEnd(() => {
    end();
    void client.dispose();
  });
  return told;
}

/** Subscribes by a stream of events. */
export function overStream(url: string, token: string, { query, variables }: Subscription): Told {
  const told = collecting();
  const client = createStreamClient({
    url: `${url}/graphql/stream`,
    headers: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const end = client.subscribe({ query, variables: variables ?? {} }, told.sink as never);
  told.onEnd(() => {
    end();
    client.dispose();
  });
  return told;
}
