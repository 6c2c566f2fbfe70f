/** Values that must not be shown: those of this process's settings. Longest first, so that none is hidden in part. */
let known: string[] = [];

/** Shorter ones stand in too many words. */
const SHORTEST = 6;

/** The ways in which a value may stand in a text. */
function spellings(value: string): string[] {
  const encoded = encodeURIComponent(value);
  return [value, encoded, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')];
}

/** The password of an address, as it is written and as it is meant. */
function passwordsOf(address: string): string[] {
  const raw = /^[a-z][a-z0-9+.-]*:\/\/[^:@/?#]*:(.+)@/i.exec(address)?.[1];
  if (raw === undefined) return [];
  try {
    return [raw, decodeURIComponent(raw)];
  } catch {
    return [raw];
  }
}

/**
 * Adds values that no log and no message may show: keys and passwords, and addresses with a password in them.
 * @param values  undefined ones are left out
 */
export function rememberSecrets(values: readonly (string | undefined)[]): void {
  const added = values.flatMap((value) => {
    if (value === undefined) return [];
    return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? passwordsOf(value) : [value];
  });
  const all = added.filter((value) => value.length >= SHORTEST).flatMap(spellings);
  known = [...new Set([...known, ...all])].sort((a, b) => b.length - a.length);
}

const HIDDEN = '[hidden]';

/** What is a secret by its looks: tokens of ours, a bearer's, passwords in addresses and behind their name. */
const PATTERNS: [RegExp, string][] = [
  [/\bcq[a-z]_[0-9a-f]{16,}/g, HIDDEN],
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/(:\/\/[^\s:@/"'?#]*:)[^\s@/"']+@/g, `$1${HIDDEN}@`],
  [/((?:^|[\s?&;])(?:password|passwd|pwd|token|api_?key)=)[^\s&;"']+/gi, `$1${HIDDEN}`],
];

/** A text for a log or a terminal, without secrets. Defence in depth: what is written should hold none in the first place. */
export function hideSecrets(text: string): string {
  let result = text;
  for (const secret of known) result = result.replaceAll(secret, HIDDEN);
  for (const [pattern, replacement] of PATTERNS) result = result.replace(pattern, replacement);
  return result;
}
