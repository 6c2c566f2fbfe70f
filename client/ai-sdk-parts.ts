import type { UIMessage, UIMessageChunk } from 'ai';
import type { MessageOfPageFragment, MessageToSaveInput } from './generated.ts';

/** How a message of a tool comes, which the SDK has no role for. */
const TOOL = 'data-colloquy-tool';

interface Part {
  type: string;
  [key: string]: unknown;
}

const partsOf = (value: unknown): Part[] | undefined =>
  Array.isArray(value) ? (value as Part[]) : undefined;

/** The text of a message, as the server makes it of parts. */
export const textOf = (parts: readonly { type: string }[]): string =>
  parts.flatMap((part) => (part.type === 'text' && 'text' in part ? [part.text] : [])).join('\n\n');

/** A stored message as the SDK has it. */
export function toUIMessage<Message extends UIMessage>(stored: MessageOfPageFragment): Message {
  const { id, clientId, role, content, metadata } = stored;
  const isEmpty = typeof metadata !== 'object' || metadata === null || Object.keys(metadata).length === 0;
  let parts = partsOf(stored.parts) ?? (content ? [{ type: 'text', text: content }] : []);
  if (role === 'TOOL') parts = [{ type: TOOL, data: { content, parts: stored.parts } }];
  const message = {
    id: clientId ?? id,
    role: role === 'TOOL' ? 'assistant' : role.toLowerCase(),
    ...(isEmpty ? {} : { metadata }),
    parts,
  };
  return message as unknown as Message;
}

/** A message of the SDK as it is saved. */
export function toSaved({ id, role, metadata, parts }: UIMessage): MessageToSaveInput {
  const said = metadata === undefined ? {} : { metadata };
  const [only] = parts as Part[];
  if (parts.length === 1 && only?.type === TOOL) {
    const { content, parts: its } = only.data as { content: string; parts: unknown };
    return { clientId: id, role: 'TOOL', content, ...(its ? { parts: its } : {}), ...said };
  }
  return { clientId: id, role: role.toUpperCase() as 'USER', parts, ...said };
}

const has = (part: Part, ...keys: string[]): Record<string, unknown> =>
  Object.fromEntries(keys.filter((key) => part[key] !== undefined).map((key) => [key, part[key]]));

/** What brings a call of a tool to the state that it has. */
function* chunksOfCall(part: Part): Generator<object> {
  const { toolCallId, state, type } = part;
  const isDynamic = type === 'dynamic-tool';
  const call = {
    toolCallId,
    toolName: isDynamic ? part.toolName : type.slice('tool-'.length),
    ...(isDynamic ? { dynamic: true } : {}),
    ...has(part, 'title', 'toolMetadata', 'providerExecuted'),
    ...(part.callProviderMetadata ? { providerMetadata: part.callProviderMetadata } : {}),
  };
  const result = {
    toolCallId,
    ...has(part, 'providerExecuted', 'toolMetadata', 'preliminary'),
    ...(part.resultProviderMetadata ? { providerMetadata: part.resultProviderMetadata } : {}),
  };
  if (state === 'input-streaming') {
    yield { type: 'tool-input-start', ...call, ...has(part, 'inputEncoding') };
    if (part.rawInput) yield { type: 'tool-input-delta', toolCallId, inputTextDelta: part.rawInput };
    return;
  }
  yield { type: 'tool-input-available', ...call, input: part.input };
  const approval = part.approval as Part | undefined;
  if (approval) {
    yield {
      type: 'tool-approval-request',
      toolCallId,
      approvalId: approval.id,
      ...has(approval, 'inputSchemaInput', 'isAutomatic', 'signature'),
      ...(approval.descriptor === undefined ? {} : { approvalDescriptor: approval.descriptor }),
      ...(approval.requestReason === undefined ? {} : { reason: approval.requestReason }),
    };
    if (approval.approved !== undefined) {
      yield {
        type: 'tool-approval-response',
        approvalId: approval.id,
        ...has(approval, 'approved', 'reason'),
      };
    }
  }
  if (state === 'output-available') yield { type: 'tool-output-available', ...result, output: part.output };
  if (state === 'output-error') yield { type: 'tool-output-error', ...result, errorText: part.errorText };
  if (state === 'output-denied') yield { type: 'tool-output-denied', toolCallId };
}

function* chunksOfPart(part: Part, id: string): Generator<object> {
  const provided = has(part, 'providerMetadata');
  const { type } = part;
  if (type === 'step-start') yield { type: 'start-step' };
  else if (type === 'text' || type === 'reasoning') {
    const own = type === 'reasoning' && typeof part.id === 'string' ? part.id : id;
    yield { type: `${type}-start`, id: own, ...provided };
    yield { type: `${type}-delta`, id: own, delta: part.text };
    if (part.state !== 'streaming') yield { type: `${type}-end`, id: own, ...has(part, 'citations') };
  } else if (type === 'dynamic-tool' || type.startsWith('tool-')) yield* chunksOfCall(part);
  // the others come as they are
  else yield part;
}

/** The parts of a message as a stream says them. */
export function* chunksOf(parts: readonly { type: string }[]): Generator<UIMessageChunk> {
  for (const [place, part] of (parts as Part[]).entries()) {
    yield* chunksOfPart(part, String(place)) as Generator<UIMessageChunk>;
  }
}
