import { limits } from '../../options.ts';
import { clipped, isObject, type JsonObject } from '../json/values.ts';

/** What is for programs, not for readers. */
const NAMES_NO_TEXT =
  /(?:^|_)(?:ids?|uuid|type|kind|url|uri|href|pointer|token|signature|hash|status|version|model|language|encrypted\w*|data|bytes|base64|mime\w*)$|(?:Id|Url|Uri|Type|Token|Hash)$/;
/** Of a part that is nested deeper nothing is read: words of people lie near the top. */
const DEEPEST = 12;

/** Two words at least, or, in a list, one: what stands alone behind a name is a setting more often than a text. */
const isText = (text: string, inList: boolean): boolean =>
  (inList
    ? /\p{L}{2}/u
    : /[\p{L}\p{N}]\s+\S*\p{L}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}]/u
  ).test(text) && !/^\s*(?:https?:|data:|[{[<])/.test(text);

function* textsIn(value: unknown, depth: number, inList: boolean): Generator<string> {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') {
    if (isText(value, inList)) yield value.trim();
  } else if (Array.isArray(value)) {
    for (const each of value) yield* textsIn(each, depth + 1, true);
  } else if (isObject(value)) {
    for (const [name, each] of Object.entries(value))
      if (!NAMES_NO_TEXT.test(name)) yield* textsIn(each, depth + 1, false);
  }
}

/** Kinds that a name stands for: their bytes are attachments, or not in the export. */
const NO_WORDS = /image|picture|photo|audio|voice|video|file|document/;

/**
 * Services invent kinds faster than they are described: what reads as text in a part of one that no reader knows is kept, in its order;
 * where there is none, its kind in brackets stands for it.
 * @param unread  is told the kind where what the part says is lost
 */
export function textOfUnknown(part: JsonObject, kind: string, unread: string[] = []): string {
  const texts = [...new Set(textsIn(part, 0, false))];
  if (texts.length > 0) return clipped(texts.join('\n\n'), limits.messageCharacters);
  if (!NO_WORDS.test(kind)) unread.push(kind);
  return `[${kind}]`;
}
