import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeRequest, PLAIN, type ServerShape } from './server-shapes.ts';

/** What the server does instead of answering. `undefined`: it answers. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  | 'hang'
  | 'close'
  | 'close in the middle'
  | 'nan'
  | 'null'
  | 'zeros'
  | 'fewer'
  | 'no json'
  | 'shuffled'
  | { dimensions: number };

export interface FakeOpenAi {
  /** To be given as base URL. */
  url: string;
  requests: FakeRequest[];
  /** Faults of the next requests, one each. */
  faults: (Fault | undefined)[];
  /** The fault of a request, when no other is due. */
  judge: (request: FakeRequest) => Fault | undefined;
  /** Texts whose vectors were sent whole, as often as they were. */
  billed: string[];
  /** Requests that hang at the moment. */
  hanging(): number;
  close(): Promise<void>;
}

/** A vector that a text always has, and no other text. */
export function vectorOfText(text: string, dimensions: number): number[] {
  const values: number[] = [];
  for (let block = 0; values.length < dimensions; block++) {
    const digest = createHash('sha256').update(`${block} ${text}`).digest();
    for (let i = 0; i < digest.length && values.length < dimensions; i += 4) {
      values.push(digest.readInt32LE(i) / 2 ** 31);
    }
  }
  return values;
}

/** A vector of the words of a text: texts that share words are near. A model that has understood something. */
export function vectorOfWords(text: string, dimensions: number): number[] {
  const values = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    for (const [i, value] of vectorOfText(word, dimensions).entries()) values[i]! += value;
  }
  return values;
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body);
}

async function read(request: IncomingMessage): Promise<FakeRequest> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  const body = JSON.parse(text);
  const messages = (body.messages ?? []) as { content: string }[];
  return {
    path: request.url ?? '',
    authorization: request.headers.authorization,
    model: body.model,
    texts: body.input ?? messages.map((message) => message.content),
    body,
  };
}

/** A service that speaks OpenAI's protocol on loopback: deterministic, counting, and faulty on demand. */
export async function startFakeOpenAi({
  dimensions = 8,
  shape = PLAIN,
  vector = vectorOfText,
}: {
  dimensions?: number;
  /** What the server that it stands for does otherwise. */
  shape?: ServerShape;
  vector?: (text: string, dimensions: number, model: string) => number[];
} = {}): Promise<FakeOpenAi> {
  let hanging = 0;
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    fake.requests.push(request);
    const fault = fake.faults.length > 0 ? fake.faults.shift() : fake.judge(request);
    if (fault === 'hang') {
      hanging += 1;
      response.once('close', () => {
        hanging -= 1;
      });
      return;
    }
    if (fault === 'close') {
      response.destroy();
      return;
    }
    if (fault === 'no json') return send(response, 200, '<html>a proxy says hello</html>');
    if (typeof fault === 'object' && 'status' in fault) {
      const error = fault.body ?? { error: { message: `fault ${fault.status}`, type: 'fault' } };
      return send(response, fault.status, JSON.stringify(error), fault.headers);
    }
    const refusal = shape.refuse(request);
    if (refusal) return send(response, refusal.status, JSON.stringify(refusal.body), refusal.headers);
    if (request.path.endsWith('/chat/completions')) return send(response, 200, JSON.stringify(chat(request)));
    let data = request.texts.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: vector(
        text,
        typeof fault === 'object' ? fault.dimensions : (shape.dimensions?.(request) ?? dimensions),
        request.model,
      ) as (number | null)[],
    }));
    if (fault === 'zeros') data.at(-1)!.embedding.fill(0);
    if (fault === 'null') data.at(-1)!.embedding[0] = null;
    if (fault === 'nan') data.at(-1)!.embedding[0] = 12345;
    if (fault === 'fewer') data = data.slice(1);
    if (fault === 'shuffled') data.reverse();
    if (fault === undefined || fault === 'shuffled') fake.billed.push(...request.texts);
    const tokens = request.texts.reduce((sum, text) => sum + text.length, 0);
    let body = JSON.stringify({
      object: 'list',
      data,
      model: request.model,
      ...shape.usage(tokens),
    });
    if (fault === 'nan') body = body.replace('12345', 'NaN');
    if (fault === 'close in the middle') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    }
    send(response, 200, body);
  });
  const chat = ({ model, texts }: FakeRequest) => ({
    id: 'chat',
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: `In short: ${texts.at(-1)!.slice(0, 40)}` },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
  });
  // a test may keep this process busy for seconds
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeOpenAi = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    faults: [],
    judge: () => undefined,
    billed: [],
    hanging: () => hanging,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}
