/** `data:image/png;base64,…`, wherever it stands. */
const DATA_URI = /data:[\w.+-]+\/[\w.+-]+(?:;[\w=.+-]+)*;base64,[\w+/=%-]*/gi;
/** A run that may be base64, hexadecimal or minified: far longer than any word or name. */
const LONG_RUN = /[\w+/=-]{64,}/g;
/** A line that only draws: `---`, `| --- | :--- |`. */
const DRAWN_LINE = /^[ \t]*[|:]?[ \t:|-]*-{3,}[ \t:|-]*$/gm;
/** `======`, `______`, `.........`. */
const RULE = /([-=_*~#+.])\1{3,}/g;
/** `[text](address)` and `![text](address)`: the text says what it is. */
const LINK_TARGET = /(\[[^\]\n]{1,500}\])\((?:[^()\s]|\([^()\s]*\))+(?:\s+"[^"\n]*")?\)/g;
const HEADING_LINE = /^#{1,6}[ \t]+(.+?)[ \t]*#*$/;

/** Letters of both cases with figures, or figures with letters up to f: no language is written like that. */
function isBlob(run: string): boolean {
  const isMixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
  const isHexadecimal = /^[\da-f]+$/i.test(run) && /\d/.test(run);
  return isMixed || isHexadecimal;
}

/** The first line says where the passage stands; a passage that begins with the same heading says it twice. */
function withoutRepeatedHeading(text: string): string {
  const [path, first, ...rest] = text.split('\n');
  const own = HEADING_LINE.exec(first ?? '')?.[1];
  if (path === undefined || own === undefined || rest.length === 0) return text;
  return path === own || path.endsWith(` › ${own}`) ? [path, ...rest].join('\n') : text;
}

/**
 * A text without what costs tokens and means nothing to a model: data and base64, addresses behind the words of a link, rules and borders,
 * a heading said twice. Only what a vector is made of: what is stored, shown and found by its words stays whole.
 * The text itself when nothing else would be left.
 */
export function stripNoise(text: string): string {
  const lean = withoutRepeatedHeading(text)
    .replace(LINK_TARGET, '$1')
    .replace(DATA_URI, ' ')
    .replace(LONG_RUN, (run) => (isBlob(run) ? ' ' : run))
    .replace(DRAWN_LINE, '')
    .replace(RULE, ' ');
  return /[\p{L}\p{N}]/u.test(lean) ? lean : text;
}
