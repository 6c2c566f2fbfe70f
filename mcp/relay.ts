import type { Readable, Writable } from 'node:stream';
import { SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/server';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { ColloquyError, describeError, errorInOneLine } from '../lib/errors.ts';

export interface RelayOptions {
  /** Where the API is. */
  url: string;
  token: string;
  /** Another workspace than the personal one. */
  workspaceId?: string | undefined;
  input: Readable;
  output: Writable;
  /** Is told what concerns no message. */
  say(text: string): void;
}

const unreachable = (url: string, cause: unknown): ColloquyError =>
  new ColloquyError('CQ831', `No Colloquy answers at ${url}.`, {
    hint: 'Start it with npm start, or say with --url where it is.',
    cause,
  });

/** What the API answered in the place of a message, or that it did not. */
function told(url: string, error: unknown): ColloquyError {
  if (!SdkHttpError.isInstance(error)) return unreachable(url, error);
  try {
    const { error: refused, errors } = JSON.parse(String(error.data.text));
    const { code, hint } = refused?.data ?? errors[0].extensions;
    const message: string = refused?.data ? refused.message.split(` (${code})`)[0] : errors[0].message;
    return new ColloquyError(code, message, { ...(hint ? { hint } : {}), cause: error });
  } catch {
    return new ColloquyError(
      'CQ831',
      `What answers at ${url} with HTTP ${error.status} is no Colloquy with MCP.`,
      {
        hint: 'Say with --url where the API is: its address without a path.',
        cause: error,
      },
    );
  }
}

const headersOf = ({ token, workspaceId }: RelayOptions): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...(workspaceId === undefined ? {} : { 'x-workspace-id': workspaceId }),
});

/**
 * Finds out whether the API is there and takes the token, before a client is served.
 * @throws ColloquyError CQ831 when it is not there; what the API says of the token
 */
export async function demandApi(options: RelayOptions): Promise<void> {
  const transport = openHttp(options);
  try {
    await transport.start();
    await transport.send({ jsonrpc: '2.0', id: 0, method: 'ping' });
  } catch (error) {
    throw told(options.url, error);
  } finally {
    await transport.close();
  }
}

const openHttp = (options: RelayOptions): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(new URL('/mcp', options.url), {
    requestInit: { headers: headersOf(options) },
  });

/** The version that was agreed upon, of the answer to `initialize`; each later request names it. */
function agreedVersion(message: JSONRPCMessage): string | undefined {
  if (!isJSONRPCResultResponse(message)) return undefined;
  const { protocolVersion, serverInfo } = message.result as { protocolVersion?: string; serverInfo?: object };
  return serverInfo === undefined ? undefined : protocolVersion;
}

/**
 * Hands messages between a client at stdin and stdout and /mcp of the API, which answers all of them: nothing is decided here.
 * Resolves when the client has gone, or when it is told to end.
 */
export async function relay(options: RelayOptions, signal: AbortSignal): Promise<void> {
  const http = openHttp(options);
  const stdio = new StdioServerTransport(options.input, options.output);
  const waiting = new Map<RequestId, AbortController>();

  async function forward(message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      // the end of a request is its cancellation, which a session id would be needed for otherwise
      waiting.get(message.params?.requestId as RequestId)?.abort();
      return;
    }
    const request = isJSONRPCRequest(message) ? message : undefined;
    const ending = new AbortController();
    if (request) waiting.set(request.id, ending);
    try {
      await http.send(message, { requestSignal: ending.signal });
    } catch (error) {
      if (request) waiting.delete(request.id);
      if (ending.signal.aborted) return;
      const reason = told(options.url, error);
      if (!request) return options.say(describeError(reason));
      const { code, hint } = reason;
      const answer = { code: -32000, message: errorInOneLine(reason), data: { code, hint } };
      await stdio.send({ jsonrpc: '2.0', id: request.id, error: answer });
    }
  }

  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  http.onmessage = (message) => {
    if ('id' in message && !('method' in message) && message.id !== undefined) waiting.delete(message.id);
    const version = agreedVersion(message);
    if (version !== undefined) http.setProtocolVersion(version);
    stdio.send(message).catch((error: unknown) => options.say(describeError(error)));
  };
  stdio.onmessage = (message) => void forward(message).catch((error) => options.say(describeError(error)));
  stdio.onerror = (error) => options.say(describeError(error));
  stdio.onclose = end;
  signal.addEventListener('abort', () => end(), { once: true });
  await http.start();
  await stdio.start();
  if (signal.aborted) end();
  await ended;
  for (const one of waiting.values()) one.abort();
  await Promise.allSettled([http.close(), stdio.close()]);
}
