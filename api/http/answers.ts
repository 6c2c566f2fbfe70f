import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export function sendJson(response: ServerResponse, status: number, body: object): void {
  const buffer = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': buffer.length,
    'cache-control': 'no-store',
  });
  response.end(buffer);
}

const errors = (code: string, message: string, hint?: string) => ({
  errors: [{ message, extensions: { code, ...(hint === undefined ? {} : { hint }) } }],
});

export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  hint?: string,
): void {
  sendJson(response, status, errors(code, message, hint));
}

const REASONS: Record<number, string> = {
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Request Timeout',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};

/** An answer where there is no request that could be answered, and the end of the connection. */
export function endWithError(
  socket: Duplex,
  {
    status,
    code,
    message,
    hint,
    id,
  }: { status: number; code: string; message: string; hint: string; id: string },
): void {
  const body = Buffer.from(JSON.stringify(errors(code, message, hint)));
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${body.length}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `x-request-id: ${id}`,
    'connection: close',
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
}
