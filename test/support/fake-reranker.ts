import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RerankRequest {
  authorization: string | undefined;
  path: string;
  body: Record<string, unknown>;
  query: string;
  texts: string[];
}

export type RerankFault =
  | 'hang'
  | 'close'
  | 'endless'
  | { status: number; headers?: object }
  | { raw: string };

export interface FakeReranker {
  /** To be given as RERANK_URL. */
  url: string;
  requests: RerankRequest[];
  /** How well a text answers. Default: the more often it holds a star, the better. */
  score: (text: string) => unknown;
  /** What happens instead of an answer. */
  fault: RerankFault | undefined;
  /** Requests that hang at the moment. */
  hanging(): number;
  close(): Promise<void>;
}

async function read(incoming: IncomingMessage): Promise<RerankRequest> {
  let text = '';
  for await (const piece of incoming.setEncoding('utf8')) text += piece;
  const body = JSON.parse(text);
  return {
    authorization: incoming.headers.authorization,
    path: incoming.url ?? '',
    body,
    query: body.query,
    texts: body.documents ?? body.texts,
  };
}

/** Sends more and more, until nobody listens. */
function flood(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const piece = ' '.repeat(1 << 18);
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  more();
}

/** A service on loopback that reranks in the shape that it is asked in: best first, as real ones do. */
export async function startFakeReranker(): Promise<FakeReranker> {
  let hanging = 0;
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    fake.requests.push(request);
    const { fault } = fake;
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
    if (fault === 'endless') return flood(response);
    const send = (status: number, body: string, headers: object = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body);
    };
    // services quote what they were sent, and the key
    const quoted = JSON.stringify({ message: 'fault', request: request.body, key: request.authorization });
    if (fault && 'status' in fault) return send(fault.status, quoted, fault.headers);
    if (fault) return send(200, fault.raw);
    const items = request.texts
      .map((text, index) => ({ index, score: fake.score(text) }))
      .sort((a, b) => Number(b.score) - Number(a.score));
    if (request.body.texts) return send(200, JSON.stringify(items));
    const results = items.map(({ index, score }) => ({ index, relevance_score: score }));
    send(200, JSON.stringify({ id: 'x', results, meta: { billed_units: { search_units: 1 } } }));
  });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeReranker = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/rerank`,
    requests: [],
    score: (text) => text.split('*').length,
    fault: undefined,
    hanging: () => hanging,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}
