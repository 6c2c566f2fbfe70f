import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../../../lib/errors.ts';
import { type Ledger, MARK } from './ledger.ts';

/** Milliseconds after which an answer is given up: nothing may hang for so long. */
const PATIENCE = 60_000;

/** What a client may be told while the database is away or busy: to try again. */
const TRY_AGAIN = /^(CQ503|CQ408|CQ409|CQ429|CQ438|CQ51\d)$/;

/** Writes into one conversation: below the number that opens its continuation. */
const CONVERSATION = 500;

/** Of writes that were refused for now: how soon they are tried again, with the same key. */
const PAUSE = 200;

export interface Tenant {
  token: string;
}

export interface Tally {
  succeeded: number;
  /** Answers that said to try again, by code; and connections that were refused. */
  refused: Record<string, number>;
  violations: string[];
  /** When the last write was acknowledged (performance.now). */
  lastWrite: number;
  /** Milliseconds of requests that succeeded. */
  times: number[];
}

export const newTally = (): Tally => ({ succeeded: 0, refused: {}, violations: [], lastWrite: 0, times: [] });

interface Reply {
  // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for
  data?: any;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** One request. Undefined when it is to be tried again; what must not happen goes into the tally. */
export async function ask(
  url: string,
  tally: Tally,
  token: string | undefined,
  query: string,
  variables: object,
): Promise<Reply['data'] | undefined> {
  const begun = performance.now();
  const refuse = (why: string): undefined => {
    tally.refused[why] = (tally.refused[why] ?? 0) + 1;
    return undefined;
  };
  let reply: Reply;
  let status: number;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(PATIENCE),
    });
    status = response.status;
    reply = (await response.json()) as Reply;
  } catch (error) {
    const why = errorCode((error as Error).cause) ?? (error as Error).name;
    if (why === 'TimeoutError')
      tally.violations.push(`no answer within ${PATIENCE / 1000} s: ${query.slice(0, 60)}`);
    return refuse(why);
  }
  const [error] = reply.errors ?? [];
  if (!error && reply.data) {
    tally.succeeded += 1;
    tally.times.push(performance.now() - begun);
    return reply.data;
  }
  const code = error?.extensions?.code ?? `HTTP ${status}`;
  if (!TRY_AGAIN.test(code) && status !== 429 && status !== 503)
    tally.violations.push(`${code} "${error?.message}" for ${query.slice(0, 60)}`);
  return refuse(code);
}

const START = `mutation { startConversation(input: { title: "Chaos" }) { conversation { id } } }`;
const POST = `mutation ($id: UUID!, $text: String!, $key: String!) {
  postMessage(input: { conversationId: $id, content: $text, idempotencyKey: $key }) { message { id } } }`;
export const WRITE = `mutation ($text: String!, $url: String!) {
  createDocument(input: { title: "Chaos", content: $text, sourceUrl: $url }) { document { id } } }`;
const PAGE = `query ($id: UUID!) { conversation(id: $id) { messages(last: 20) { nodes { id content } } } }`;
const LIST = `{ conversations(first: 20) { nodes { id title } } }`;
export const SEARCH = `query ($text: String!) { search(query: $text, mode: TEXT) { results { content } } }`;

/** Asks until it is answered, or the run ends. */
async function insist(
  signal: AbortSignal,
  once: () => Promise<Reply['data'] | undefined>,
): Promise<Reply['data'] | undefined> {
  while (!signal.aborted) {
    const data = await once();
    if (data) return data;
    await delay(PAUSE * (0.5 + Math.random()));
  }
  return undefined;
}

/**
 * One client: writes into a conversation of its own, tries again with the same key until it is acknowledged, and reads what it wrote.
 * A message that was acknowledged must be in the next page that is read.
 */
export async function runClient(
  number: number,
  {
    url,
    tenant,
    tally,
    ledger,
    signal,
  }: { url: string; tenant: Tenant; tally: Tally; ledger: Ledger; signal: AbortSignal },
): Promise<void> {
  const { token } = tenant;
  const read = (query: string, variables: object) => ask(url, tally, token, query, variables);
  let id: string | undefined;
  for (let n = 0; !signal.aborted; n += 1) {
    if (n % CONVERSATION === 0) {
      // one without messages is nothing that could be counted twice
      const started = await insist(signal, () => read(START, {}));
      id = started?.startConversation.conversation.id;
    }
    const mark = `${MARK} ${number}-${n} and what was said of it`;
    const variables = { id, text: mark, key: mark, url: `https://example.org/${number}/${n}` };
    const isDocument = n % 10 === 9;
    const kind = isDocument ? 'document' : 'message';
    ledger.asked(kind, mark);
    const data = await insist(signal, () => read(isDocument ? WRITE : POST, variables));
    if (!data) return;
    ledger.acknowledged(mark, isDocument ? data.createDocument.document.id : data.postMessage.message.id);
    tally.lastWrite = performance.now();
    const page = isDocument ? undefined : await read(PAGE, variables);
    if (page && !page.conversation?.messages.nodes.some((node: { content: string }) => node.content === mark))
      tally.violations.push(`"${mark}" was acknowledged, and is not in the page read next`);
    if (n % 3 === 0) await read(LIST, {});
    if (n % 5 === 0) await read(SEARCH, variables);
  }
}
