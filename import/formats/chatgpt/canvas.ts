import type { MessageNode } from '../conversations/message-node.ts';
import type { DocumentChange, WrittenDocument } from '../conversations/written-documents.ts';
import { asArray, asObject, asString, isObject, type JsonObject, present } from '../json/values.ts';
import { replacePattern } from './python-patterns.ts';

const LANGUAGES: Record<string, string> = {
  react: 'typescript',
  js: 'javascript',
  ts: 'typescript',
  py: 'python',
};

/** What a message tells the canvas to do. */
interface Call {
  action: 'create' | 'update';
  payload: JsonObject;
}

/** The JSON that a message consists of, as text of its own or as its only part. */
export function jsonOf(message: JsonObject): JsonObject | null {
  const content = asObject(message.content);
  const parts = asArray(content.parts).filter((part) => typeof part === 'string');
  try {
    const parsed: unknown = JSON.parse(asString(content.text) ?? parts.join('\n'));
    return isObject(parsed) ? parsed : null;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function callOf(message: JsonObject): Call | null {
  const recipient = /^canmore\.(create|update)_textdoc$/.exec(asString(message.recipient) ?? '');
  const payload = recipient === null ? null : jsonOf(message);
  if (recipient === null || payload === null) return null;
  return { action: recipient[1] as 'create' | 'update', payload };
}

/** What the canvas says of a document, in its answer to a call or in the call itself. */
function answerTo(node: MessageNode): JsonObject {
  for (const each of [...node.children.map(({ message }) => message), node.message]) {
    const canvas = asObject(asObject(each?.metadata).canvas);
    if (asString(canvas.textdoc_id) !== null) return canvas;
  }
  for (const { message } of node.children) {
    const said = JSON.stringify(asObject(message?.content).parts ?? '');
    const id = /textdoc_id\W{1,6}([\w-]+)/.exec(said)?.[1];
    if (id !== undefined) return { textdoc_id: id };
  }
  return {};
}

function typed(type: string | null): Pick<WrittenDocument, 'contentType' | 'language'> {
  const code = /^code\/(.+)$/.exec(type ?? '')?.[1]?.toLowerCase();
  return code === undefined
    ? { contentType: 'markdown', language: null }
    : { contentType: 'code', language: LANGUAGES[code] ?? code.slice(0, 50) };
}

function updated(before: WrittenDocument, updates: unknown[]): WrittenDocument | null {
  let { text } = before;
  let fits = false;
  for (const update of updates) {
    const { pattern, replacement, multiple } = asObject(update);
    if (typeof pattern !== 'string' || typeof replacement !== 'string') continue;
    const next = replacePattern(text, pattern, replacement, multiple === true);
    if (next === null) continue;
    text = next;
    fits = true;
  }
  return fits ? { ...before, text } : null;
}

/** What a message changes of the documents in the canvas. */
export function canvasChanges(node: MessageNode): DocumentChange[] {
  const call = node.message === null ? null : callOf(node.message);
  if (call === null) return [];
  const answer = answerTo(node);
  if (answer.is_failure === true) return [];
  const textdoc = asString(answer.textdoc_id);
  const type = asString(answer.textdoc_type) ?? asString(call.payload.type);
  const name = asString(answer.title) ?? asString(call.payload.name) ?? asString(call.payload.title);
  const { content, updates } = call.payload;
  return [
    {
      id: textdoc !== null ? `canvas/${textdoc}` : call.action === 'create' ? `canvas/${node.id}` : null,
      apply: (before) => {
        const known = before ?? { name: 'Canvas', text: '', facts: {}, ...typed(type) };
        const named = {
          ...known,
          ...(type === null ? {} : typed(type)),
          name: name ?? known.name,
          facts: present({
            ...known.facts,
            kind: 'canvas',
            type,
            textdoc_id: textdoc ?? known.facts.textdoc_id,
          }),
        };
        if (typeof content === 'string') return { ...named, text: content };
        // what is written anew needs nothing before it
        return updated(named, asArray(updates));
      },
    },
  ];
}
