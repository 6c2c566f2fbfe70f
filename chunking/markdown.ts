/** A heading line of a markdown document, with the headings it stands under. Positions are UTF-16 units. */
export interface Heading {
  start: number;
  end: number;
  depth: number;
  /** "Install › On Linux", or null for a heading without words. */
  path: string | null;
}

/** Headings and fenced code blocks: the parts of markdown that decide where chunks may end. */
export interface Outline {
  headings: Heading[];
  /** Where each fenced block begins and ends. */
  fences: { start: number; end: number }[];
}

const MAX_HEADING = 200;
const SEPARATOR = ' › ';

/**
 * Reads the outline of a markdown document line by line, as CommonMark does: '#' inside a fenced block is no
 * heading, front matter (YAML, TOML) is none, and a single line underlined with === or --- is one.
 * @param title left out of the paths when the document's first-level heading only repeats it
 */
export function readOutline(source: string, title?: string): Outline {
  const headings: Heading[] = [];
  const fences: Outline['fences'] = [];
  const above: { depth: number; text: string }[] = [];
  const add = (start: number, end: number, depth: number, raw: string) => {
    const text = plain(raw);
    while (above.length > 0 && above.at(-1)!.depth >= depth) above.pop();
    above.push({ depth, text: depth === 1 && text === title?.trim() ? '' : text });
    const words = above.map((heading) => heading.text).filter((words) => words !== '');
    headings.push({ start, end, depth, path: words.length > 0 ? words.join(SEPARATOR) : null });
  };

  let fence: { mark: string; start: number } | undefined;
  let paragraph: { start: number; lines: number; text: string } | undefined;
  for (let start = skipFrontMatter(source); start < source.length; ) {
    const newline = source.indexOf('\n', start);
    const next = newline === -1 ? source.length : newline + 1;
    // No line that matters here is longer; a longer one is the body of a paragraph.
    const line = source.slice(start, Math.min(next, start + 1_000)).trimEnd();
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence) {
      if (mark?.startsWith(fence.mark) && line.trim() === mark) {
        fences.push({ start: fence.start, end: next });
        fence = undefined;
      }
    } else if (mark && !(mark[0] === '`' && line.indexOf('`', line.indexOf(mark) + mark.length) !== -1)) {
      fence = { mark, start };
      paragraph = undefined;
    } else {
      const hashes = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(line);
      const underline = /^ {0,3}(=+|-+)$/.exec(line)?.[1];
      if (hashes) {
        add(start, next, hashes[1]!.length, line.slice(hashes[0].length));
        paragraph = undefined;
      } else if (underline && paragraph?.lines === 1) {
        add(paragraph.start, next, underline[0] === '=' ? 1 : 2, paragraph.text);
        paragraph = undefined;
      } else if (line === '' || underline || /^( {4}|\t| {0,3}([>|]|[-*+] |\d+[.)] ))/.test(line)) {
        paragraph = line === '' || underline ? undefined : { start, lines: 2, text: line };
      } else {
        paragraph = paragraph
          ? { ...paragraph, lines: paragraph.lines + 1 }
          : { start, lines: 1, text: line };
      }
    }
    start = next;
  }
  if (fence) fences.push({ start: fence.start, end: source.length });
  return { headings, fences };
}

/** YAML between lines of three hyphens, TOML between lines of three plus signs. */
function skipFrontMatter(source: string): number {
  const mark = /^(---|\+\+\+)[ \t]*\r?\n/.exec(source)?.[1];
  if (mark === undefined) return 0;
  const close = mark === '---' ? /\n---[ \t]*(\r?\n|$)/g : /\n\+\+\+[ \t]*(\r?\n|$)/g;
  close.lastIndex = 3;
  return close.exec(source) ? close.lastIndex : 0;
}

/** The words of a heading: no closing hashes, no emphasis or code marks, no link targets, one line of bounded length. */
function plain(raw: string): string {
  const words = raw
    .trim()
    .replace(/(^|[ \t])#+$/, '')
    .replace(/!?\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...words];
  return characters.length > MAX_HEADING ? `${characters.slice(0, MAX_HEADING - 1).join('')}…` : words;
}
