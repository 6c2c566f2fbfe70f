import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface ReceivedSpan {
  traceId: string;
  id: string;
  /** Empty: none. */
  parent: string;
  name: string;
}

type Fields = Map<number, Buffer[]>;

function varint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 1; ; shift *= 128) {
    const byte = bytes[at++]!;
    value += (byte & 127) * shift;
    if (byte < 128) return [value, at];
  }
}

/** The fields of a message of protobuf that have a length, by their numbers. */
function fieldsOf(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  for (let at = 0; at < bytes.length; ) {
    let tag: number;
    [tag, at] = varint(bytes, at);
    const kind = tag & 7;
    if (kind === 0) [, at] = varint(bytes, at);
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      let length: number;
      [length, at] = varint(bytes, at);
      fields.set(tag >>> 3, [...(fields.get(tag >>> 3) ?? []), bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

const below = (parts: Fields[], field: number): Fields[] =>
  parts.flatMap((part) => (part.get(field) ?? []).map(fieldsOf));

/** The spans of ExportTraceServiceRequest: resource_spans, scope_spans, spans. */
function spansOf(body: Buffer): ReceivedSpan[] {
  return below(below(below([fieldsOf(body)], 1), 2), 2).map((span) => {
    const hex = (field: number): string => span.get(field)?.[0]?.toString('hex') ?? '';
    return { traceId: hex(1), id: hex(2), parent: hex(4), name: String(span.get(5)?.[0]) };
  });
}

/** A collector of OpenTelemetry on this machine that keeps what it is sent. */
export async function openTraceReceiver() {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const paths = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    paths.add(`${request.url} ${request.headers['content-type']}`);
    bodies.push(body);
    spans.push(...spansOf(body));
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    paths,
    /** All that was sent, as text. */
    text: () => Buffer.concat(bodies).toString('latin1'),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
