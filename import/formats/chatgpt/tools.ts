import type { ToolCallItem } from '../../items.ts';
import { limits } from '../../options.ts';
import type { MessageNode } from '../conversations/message-node.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject } from '../json/values.ts';
import { readContent } from './content.ts';

/** The tool that speaks, '' for one without a name; null for anybody else. */
function toolOf(node: MessageNode): string | null {
  const { role, name } = asObject(node.message?.author);
  return role === 'tool' || role === 'function' ? (asString(name) ?? '') : null;
}

/** What a tool answered, in order: below the call, then one below the other while it is the same tool. */
function answersTo(call: MessageNode): JsonObject[] {
  const answers: JsonObject[] = [];
  let name: string | null = null;
  for (let at = call; ; ) {
    const next = at.children.find(
      (child) => toolOf(child) !== null && (name === null || toolOf(child) === name),
    );
    if (!next?.message) return answers;
    answers.push(next.message);
    name = toolOf(next);
    at = next;
  }
}

/** Tools are called with JSON, or with code. */
function argumentsOf(message: JsonObject): unknown {
  const content = asObject(message.content);
  const texts = asArray(content.parts).filter((part) => typeof part === 'string');
  const text = asString(content.text) ?? texts.join('\n');
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed)) return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return text === '' ? {} : { input: text };
}

function hasFailed(answer: JsonObject): boolean {
  const result = asObject(asObject(answer.metadata).aggregate_result);
  return (
    asString(asObject(answer.content).content_type) === 'system_error' ||
    /fail|exception/.test(asString(result.status) ?? '')
  );
}

/** The call that a message of the assistant is: it speaks to a tool, or is code that a tool answers. */
export function toolCallsOf(message: JsonObject, node: MessageNode): ToolCallItem[] {
  const recipient = asString(message.recipient);
  const answers = answersTo(node);
  const isCode = asString(asObject(message.content).content_type) === 'code';
  const answered = answers[0] && isCode ? asString(asObject(answers[0].author).name) : null;
  const name = recipient !== null && recipient !== 'all' ? recipient : answered;
  if (name === null) return [];
  const text = answers
    .map((answer) => readContent(answer).content)
    .filter((each) => each !== '')
    .join('\n\n');
  const failed = answers.length === 0 || answers.some(hasFailed);
  const reason = answers.length === 0 ? 'The export has no answer to it.' : text || 'It failed.';
  return [
    {
      turn: 1,
      position: 1,
      name: clipped(name, limits.toolNameCharacters),
      arguments: argumentsOf(message),
      status: failed ? 'failed' : 'succeeded',
      result: answers.length === 0 ? null : { text: clipped(text, limits.messageCharacters) },
      error: failed ? clipped(reason, limits.errorCharacters) : null,
    },
  ];
}
