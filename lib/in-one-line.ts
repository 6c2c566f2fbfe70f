/** Longest piece of what a server said that is kept. */
const LONGEST_SAYING = 300;

/** One line of bounded length, without what must not be kept. */
export function inOneLine(text: string, secrets: readonly (string | undefined)[] = []): string {
  let line = text;
  for (const secret of secrets) if (secret) line = line.replaceAll(secret, '[hidden]');
  line = line
    .replace(/\bcq[a-z]_[0-9a-f]{8,}/g, '[hidden]')
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
  return line.length > LONGEST_SAYING ? `${line.slice(0, LONGEST_SAYING).toWellFormed()}…` : line;
}
