const TITLE_LENGTH = 200;

/** A title as one short line. */
export function clipTitle(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return line.length <= TITLE_LENGTH
    ? line
    : `${line
        .slice(0, TITLE_LENGTH - 1)
        .toWellFormed()
        .replace(/\ufffd$/, '')}…`;
}

/** A `title:` in the front matter, else the first heading outside of a code block. */
export function markdownTitle(text: string): string | null {
  const front = /^---\n([\s\S]{0,4000}?)\n---(?:\n|$)/.exec(text);
  const named = front?.[1] && /^title:[ \t]*(["']?)(.+?)\1[ \t]*$/m.exec(front[1])?.[2];
  if (named) return clipTitle(named);
  let fence: string | null = null;
  let previous = '';
  for (const full of text.slice(front?.[0].length ?? 0).split('\n', 2000)) {
    const line = full.slice(0, 1000);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence)) fence = null;
    } else if (mark) {
      fence = mark;
    } else {
      const heading = /^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$/s.exec(line)?.[1];
      if (heading) return clipTitle(heading);
      if (/^ {0,3}=+[ \t]*$/.test(line) && previous.trim() !== '') return clipTitle(previous);
    }
    previous = line;
  }
  return null;
}
