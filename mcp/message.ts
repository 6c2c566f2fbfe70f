import { isJSONRPCNotification, isJSONRPCRequest, isJSONRPCResponse } from '@modelcontextprotocol/server';
import { ColloquyError } from '../lib/errors.ts';
import { tools } from './tools.ts';

/** A message of JSON-RPC, as far as it is looked at before the protocol is. */
export interface Message {
  id?: string | number;
  method?: string;
  params?: Record<string, unknown>;
}

/**
 * The one message of a body.
 * @throws ColloquyError CQ832 when it is none, or several
 */
export function readMessage(body: Buffer): Message {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (cause) {
    const hint = 'Send one message of JSON-RPC 2.0 as the body.';
    throw new ColloquyError('CQ832', 'The body is no JSON.', { hint, cause });
  }
  if (isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value))
    return value as Message;
  throw new ColloquyError('CQ832', 'The body is not one message of JSON-RPC 2.0.', {
    hint: Array.isArray(value) ? 'Send each message in a request of its own.' : 'Use a library for MCP.',
  });
}

const METHODS = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'notifications/initialized',
  'notifications/cancelled',
]);

/** What a message asks, in words that are known beforehand: for the metrics. */
export function messageKind({ method = 'response', params }: Message): string {
  if (method === 'tools/call') return tools.find(({ name }) => name === params?.name)?.name ?? 'other';
  return METHODS.has(method) ? method : 'other';
}
