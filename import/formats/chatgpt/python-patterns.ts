import { runInNewContext } from 'node:vm';

/** Milliseconds that one pattern may take: an export must not be able to hold up an import. */
const TIME = 500;

const WHOLE = /^(?:\(\?[smi]+\))?\^?(?:\.[*+]\??|\[\\s\\S\][*+]|\(\.[*+]\)|\(\?s:\.[*+]\))\$?$/;

/** A pattern of Python's as one of JavaScript's; null when there is none. */
function translated(pattern: string): RegExp | null {
  let flags = 's';
  const source = pattern
    .replace(/^\(\?([a-zA-Z]+)\)/, (_, letters: string) => {
      for (const letter of 'im') if (letters.includes(letter)) flags += letter;
      return '';
    })
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\A', '^')
    .replaceAll('\\Z', '$');
  try {
    return new RegExp(source, flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

/** What Python makes of a replacement: groups by number and name, and the usual escapes. */
function expanded(replacement: string, match: string[], groups: Record<string, string> | undefined): string {
  return replacement.replace(/\\(?:g<(\w+)>|(\d{1,2})|([\\nrt]))/g, (whole, name, number, escaped) => {
    if (escaped !== undefined) return { '\\': '\\', n: '\n', r: '\r', t: '\t' }[escaped as string] ?? whole;
    if (number !== undefined) return match[Number(number)] ?? '';
    return /^\d+$/.test(name) ? (match[Number(name)] ?? '') : (groups?.[name] ?? '');
  });
}

interface Match {
  at: number;
  found: string[];
  groups?: Record<string, string>;
}

/** The matches, in a bounded time; null when it took too long. */
function matchesOf(text: string, pattern: RegExp, multiple: boolean): Match[] | null {
  const script = `[...text.matchAll(pattern)].map((m) => ({ at: m.index, found: [...m], groups: m.groups }))`;
  const first = `[pattern.exec(text)].filter(Boolean).map((m) => ({ at: m.index, found: [...m], groups: m.groups }))`;
  const context = { text, pattern: multiple ? new RegExp(pattern.source, `${pattern.flags}g`) : pattern };
  try {
    return runInNewContext(multiple ? script : first, context, { timeout: TIME });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    return null;
  }
}

/** One replacement as Python's `re` would do it; null when it does not fit the text. */
export function replacePattern(
  text: string,
  pattern: string,
  replacement: string,
  multiple: boolean,
): string | null {
  // a document that is written anew has backslashes that are its own
  if (WHOLE.test(pattern)) return replacement;
  const regex = translated(pattern);
  const matches = regex === null ? null : matchesOf(text, regex, multiple);
  if (matches !== null && matches.length > 0) {
    let after = '';
    let end = 0;
    for (const { at, found, groups } of matches) {
      after += text.slice(end, at) + expanded(replacement, found, groups);
      end = at + found[0]!.length;
    }
    return after + text.slice(end);
  }
  // a model forgets to escape what it means literally
  if (pattern === '' || !text.includes(pattern)) return null;
  return multiple ? text.replaceAll(pattern, () => replacement) : text.replace(pattern, () => replacement);
}
