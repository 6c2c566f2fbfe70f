/** Beginnings that keep their hyphen: "self-\nmade" is no divided word. */
const KEPT =
  /^(?:all|anti|cross|ex|half|high|long|low|mid|non|off|on|post|pre|pro|quasi|semi|self|short|so|well|e|co)$/i;
/** "Vor- und Nachteile", "pre- and post-war": the first hyphen stands for what comes later. */
const SUSPENDED = /^(?:and|or|to|und|oder|bis|sowie|et|ou|y|e|o|en|og|och|eller)$/i;
const HYPHEN = '[-\u2010\u00ad]';
const DIVIDED = new RegExp(
  `([\\p{L}\\p{M}]{1,60})(${HYPHEN})[ \\t]*([\\n\\f])[ \\t]*([\\p{L}\\p{M}]{1,60})([^\\s]{0,60})[ \\t]*\\n?`,
  'gu',
);
const COMPOUND = /\p{L}[\p{L}\p{M}]*-\p{Ll}[\p{L}\p{M}]*/gu;
const WORD = /[\p{L}\p{M}]{2,}/gu;

/**
 * Joins words that were divided at the end of a line or page; the rest of the line follows where it was. What a hyphen means there
 * cannot always be known: it goes, unless the text elsewhere writes the same word with it (and never without), a capital follows
 * ("Anglo-Saxon"), or the first part is one that is mostly written with it ("self-made").
 */
export function joinHyphenated(text: string): string {
  if (!/[-\u2010\u00ad][ \t]*[\n\f]/.test(text)) return text.replaceAll('\u00ad', '');
  const compounds = new Set(text.match(COMPOUND)?.map((word) => word.toLowerCase()));
  const words = new Set(text.match(WORD)?.map((word) => word.toLowerCase()));
  const isCompound = (first: string, second: string) => {
    const whole = (first + second).toLowerCase();
    if (words.has(whole)) return false;
    return compounds.has(`${first}-${second}`.toLowerCase()) || KEPT.test(first) || /^\p{Lu}/u.test(second);
  };
  return text
    .replace(DIVIDED, (found, first, hyphen, end, second, rest) => {
      if (SUSPENDED.test(second)) return found;
      const between = hyphen !== '\u00ad' && isCompound(first, second) ? '-' : '';
      return `${first}${between}${second}${rest}${end}`;
    })
    .replaceAll('\u00ad', '');
}
