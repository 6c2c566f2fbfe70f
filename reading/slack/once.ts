/** The letters and numbers of a text: what two forms of the same text have in common. */
function bare(text: string): string {
  return text
    .toLowerCase()
    .replace(/\]\([^)\s]*\)/g, ' ')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Whether the words of one text stand in another, in their order. */
function isIn(said: string, whole: string): boolean {
  return ` ${whole} `.includes(` ${said} `);
}

/**
 * Two forms of one text, as systems send it for clients that know more and less: what both say stands there once.
 * @param better the form that is kept where they say the same
 */
export function saidOnce(better: string, other: string): string {
  const [one, two] = [bare(better), bare(other)];
  if (two === '' || isIn(two, one)) return better;
  if (one === '' || isIn(one, two)) return other;
  // other words around: only the lines that are new
  const added = other.split('\n').filter((line) => bare(line) !== '' && !isIn(bare(line), one));
  return added.length === 0 ? better : `${added.join('\n')}\n${better}`;
}

/** Parts in their order, without one whose words another part has. */
export function partsOnce(parts: string[]): string[] {
  const kept: { text: string; bare: string }[] = [];
  for (const text of parts) {
    const words = bare(text);
    if (text.trim() === '' || kept.some((one) => words !== '' && isIn(words, one.bare))) continue;
    kept.push({ text: text.trim(), bare: words });
  }
  return kept.map((part) => part.text);
}
