import type { MessageRole, ToolCallItem } from '../../items.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import type { PreparedMessage } from '../conversations/prepared.ts';
import { answerCall, openCall, parsedArguments } from '../conversations/tool-call.ts';
import { asArray, asObject, asString, isObject, type JsonObject, present } from '../json/values.ts';

/** A session in the making. */
export interface Rollout {
  /** What the session says of itself. A fork has its origin's behind its own. */
  meta: JsonObject;
  title: string | null;
  /** What was said last for a while: logs without answers of the model have it only as events. */
  events: PreparedMessage[];
  messages: PreparedMessage[];
  model: string | null;
  calls: Map<string, ToolCallItem>;
  /** What the model thought before it says or does the next thing. */
  thinking: string[];
}

export function emptyRollout(): Rollout {
  return { meta: {}, title: null, events: [], messages: [], model: null, calls: new Map(), thinking: [] };
}

/** What the program says in a person's place: the whole text between two tags, or the project's instructions. */
const INJECTED = /^\s*(?:<([a-z][a-z_ ]*)>[\s\S]*<\/\1>|# AGENTS\.md instructions)/;

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((part) => {
      const { type, text } = asObject(part);
      return asString(text) ?? (typeof part === 'string' ? part : type === 'input_image' ? '[image]' : '');
    })
    .filter((text) => text !== '')
    .join('\n\n');
}

function roleOf(role: unknown, text: string): MessageRole {
  if (role === 'assistant') return 'assistant';
  return role === 'user' && !INJECTED.test(text) ? 'user' : 'system';
}

function add(
  rollout: Rollout,
  id: string,
  time: unknown,
  said: { role: MessageRole; text: string; metadata?: JsonObject },
): PreparedMessage {
  const isAnswer = said.role === 'assistant';
  const message: PreparedMessage = {
    id,
    parent: rollout.messages.at(-1)?.id ?? null,
    ...said,
    thinking: isAnswer ? rollout.thinking : [],
    time,
    model: rollout.model,
    toolCalls: [],
    attachments: [],
  };
  if (isAnswer) rollout.thinking = [];
  rollout.messages.push(message);
  return message;
}

/** A call belongs to what the model said last since the person spoke; else it is a message of its own. */
function call(
  rollout: Rollout,
  id: string,
  time: unknown,
  { name, input, callId }: { name: string | null; input: unknown; callId: string | null },
): ToolCallItem {
  const last = rollout.messages.at(-1);
  const message = last?.role === 'assistant' ? last : add(rollout, id, time, { role: 'assistant', text: '' });
  message.thinking.push(...rollout.thinking.splice(0));
  const before = message.toolCalls.at(-1);
  const isNext = before !== undefined && before.result !== null;
  const turn = before === undefined ? 1 : isNext ? before.turn + 1 : before.turn;
  const position = before === undefined || isNext ? 1 : before.position + 1;
  const made = openCall(name, input, { turn, position });
  message.toolCalls.push(made);
  rollout.calls.set(callId ?? id, made);
  return made;
}

/** Outputs are text, blocks, or JSON in a string that has the exit code as well. */
function answer(rollout: Rollout, { call_id, output }: JsonObject): void {
  const made = rollout.calls.get(asString(call_id) ?? '');
  if (made === undefined) return;
  const parsed = parsedArguments(output);
  const { output: inner, content, metadata, success } = asObject(parsed);
  const text =
    asString(inner) ??
    (content === undefined ? null : textOf(content)) ??
    (isObject(parsed) ? JSON.stringify(parsed) : textOf(parsed));
  const code = asObject(metadata).exit_code ?? /^Exit code: (\d+)/m.exec(text.slice(0, 500))?.[1];
  answerCall(made, text, success === false || (code !== undefined && Number(code) !== 0));
}

/** What is no call is told by its type: an item of the model's, as the service sends it. */
function takeItem(rollout: Rollout, item: JsonObject, id: string, time: unknown): void {
  const callId = asString(item.call_id) ?? asString(item.id);
  const name = asString(item.name);
  switch (item.type) {
    case 'message': {
      const text = textOf(item.content);
      const role = roleOf(item.role, text);
      if (text !== '') add(rollout, id, time, { role, text });
      break;
    }
    case 'reasoning':
      for (const text of [textOf(item.summary), textOf(item.content)])
        if (text !== '') rollout.thinking.push(text);
      break;
    case 'function_call':
      call(rollout, id, time, { name, input: parsedArguments(item.arguments), callId });
      break;
    case 'custom_tool_call':
      call(rollout, id, time, { name, input: item.input, callId });
      break;
    case 'local_shell_call':
      call(rollout, id, time, { name: 'local_shell', input: item.action, callId });
      break;
    case 'web_search_call':
      answerCall(
        call(rollout, id, time, { name: 'web_search', input: item.action, callId }),
        '',
        item.status === 'failed',
      );
      break;
    case 'function_call_output':
    case 'custom_tool_call_output':
      answer(rollout, item);
      break;
  }
}

/** What the program's own events add: a title, and what was said where nothing else says it. */
function takeEvent(rollout: Rollout, event: JsonObject, id: string, time: unknown): void {
  if (event.type === 'thread_name_updated') rollout.title = asString(event.thread_name) ?? rollout.title;
  const role = event.type === 'user_message' ? 'user' : event.type === 'agent_message' ? 'assistant' : null;
  const text = asString(event.message);
  if (role === null || text === null) return;
  const parent = rollout.events.at(-1)?.id ?? null;
  rollout.events.push({
    id,
    parent,
    role,
    text,
    thinking: [],
    time,
    model: rollout.model,
    toolCalls: [],
    attachments: [],
  });
}

/** One line of a rollout, of this year's form and of the first, in which an item stood by itself. */
export function takeLine(rollout: Rollout, value: JsonObject, number: number): void {
  const id = `line-${number}`;
  const payload = asObject(value.payload);
  const time = value.timestamp ?? asObject(rollout.meta).timestamp;
  switch (value.type) {
    case 'session_meta':
      if (Object.keys(rollout.meta).length === 0) rollout.meta = payload;
      break;
    case 'turn_context':
      rollout.model = modelName(payload.model) ?? rollout.model;
      break;
    case 'response_item':
      takeItem(rollout, payload, id, time);
      break;
    case 'event_msg':
      takeEvent(rollout, payload, id, time);
      break;
    case 'compacted': {
      const text = asString(payload.message);
      if (text !== null)
        add(rollout, id, time, { role: 'system', text, metadata: present({ is_summary: true }) });
      break;
    }
    case undefined:
      if (asString(value.id) !== null && number === 1) rollout.meta = value;
      break;
    default:
      takeItem(rollout, value, id, time);
  }
}
