/** What repomix writes: a whole repository in one file, in one of five styles. */
export type RepomixStyle = 'xml' | 'escaped-xml' | 'markdown' | 'plain' | 'json';

export interface PackedFile {
  path: string;
  /** Null when the pack ends before the file does. */
  content: string | null;
}

/** The style of a pack, from its first kilobytes; null when it is something else that mentions files. */
export function repomixStyle(head: string): RepomixStyle | null {
  const text = head.trimStart();
  if (/^\{\s*"fileSummary"\s*:\s*\{\s*"generationHeader"/.test(text)) return 'json';
  if (/^\{\s*"directoryStructure"\s*:/.test(text) && /"files"\s*:\s*\{/.test(text)) return 'json';
  // without its summary and its tree nothing but paths and texts is left
  if (/^\{\s*"files"\s*:\s*\{\s*"[^"\\]{1,1000}\.[^"\\/]{1,40}"\s*:\s*"/.test(text)) return 'json';
  if (/^(?:<\?xml[^>]*>\s*)?<repomix>/.test(text)) return 'escaped-xml';
  const generated = /^This file is a merged representation of /.test(text);
  if (generated && !/repomix|repopack/i.test(text.slice(0, 4000))) return null;
  const start = generated ? '(?:^|\\n)' : '^';
  const found = (pattern: string) => new RegExp(start + pattern).test(text);
  if (found('<(?:file_summary|user_provided_header|(?:directory|repository)_structure|files)>\\n'))
    return 'xml';
  if (
    found('={64}\\n(?:File Summary|User Provided Header|(?:Directory|Repository) Structure|Files)\\n={64}\\n')
  )
    return 'plain';
  if (found('# File Summary\\n') && generated) return 'markdown';
  if (found('# (?:Directory|Repository) Structure\\n```\\n') && /\n## File: /.test(text)) return 'markdown';
  return found('# Files\\n\\n## File: [^\\n]+\\n```') ? 'markdown' : null;
}

/** The files that the directory tree at the head of a pack lists. */
function listedPaths(text: string): Set<string> {
  const tree =
    /<(directory|repository)_structure>\n([\s\S]*?)\n<\/\1_structure>/.exec(text)?.[2] ??
    /(?:^|\n)# (?:Directory|Repository) Structure\n```\n([\s\S]*?)\n```/.exec(text)?.[1] ??
    /(?:^|\n)={64}\n(?:Directory|Repository) Structure\n={64}\n([\s\S]*?)\n\n={64}\n/.exec(text)?.[1];
  const paths = new Set<string>();
  const folders: string[] = [];
  for (const line of tree?.split('\n') ?? []) {
    const name = line.trimStart();
    folders.length = Math.min(folders.length, (line.length - name.length) / 2);
    if (name.endsWith('/')) folders.push(name);
    else if (name !== '') paths.add(folders.join('') + name);
  }
  return paths;
}

/**
 * Where files begin and end in the three styles that escape nothing. A packed file can itself contain what looks
 * like the end of one and the beginning of another; a beginning counts only when the tree lists its path and no
 * file of that path came before.
 */
interface Layout {
  /** A file's header, tried at one place. */
  header: RegExp;
  /** The mark that ends a file, looked for behind its header. */
  end: (header: RegExpExecArray) => string;
  /** Where the next header must stand when the mark at `at` is a real one. */
  next: (at: number, end: string) => number;
  /** Whether the mark at `at` ends the last file. */
  isLast: (at: number, next: number) => boolean;
}

function layoutOf(style: 'xml' | 'markdown' | 'plain', text: string): Layout {
  const matches = (pattern: RegExp, at: number): boolean => {
    pattern.lastIndex = at;
    return pattern.test(text);
  };
  const behind = (at: number, end: string) => skipSpace(text, at + end.length);
  if (style === 'markdown') {
    const section = /# (?:Git Diffs|Git Logs|Instruction)\n/y;
    return {
      header: /## File: ([^\n]+)\n(`{3,})[^\n`]*\n/y,
      end: (header) => `\n${header[2]}\n`,
      next: behind,
      isLast: (_, next) => next >= text.length || matches(section, next),
    };
  }
  if (style === 'plain') {
    const section = /\n={64}\n(?:Git Diffs|Git Logs|Instruction|End of Codebase)\n={64}\n/y;
    return {
      header: /={16}\nFile: ([^\n]+)\n={16}\n/y,
      end: () => '\n================',
      next: (at) => at + 1,
      isLast: (at) => matches(section, at),
    };
  }
  let last = -1;
  const closing =
    /\n<\/file>\s*\n<\/(?:repository_)?files>(?=\s*(?:$|<(?:git_diffs|git_logs|instruction)>\n))/g;
  for (const match of text.matchAll(closing)) last = match.index;
  return {
    header: /<file path="([^"\n]+)">\n/y,
    end: () => '\n</file>',
    next: behind,
    isLast: (at) => at === last,
  };
}

const firstHeader = {
  xml: /^<file path="[^"\n]+">\n/m,
  markdown: /^## File: [^\n]+\n`{3,}/m,
  plain: /^={16}\nFile: [^\n]+\n={16}\n/m,
};

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && (text[at] === '\n' || text[at] === ' ')) at++;
  return at;
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\n') end--;
  return text.slice(0, end);
}

function* splitUnescaped(pack: string, style: 'xml' | 'markdown' | 'plain'): Generator<PackedFile> {
  const text = pack.endsWith('\n') ? pack : `${pack}\n`;
  const layout = layoutOf(style, text);
  const first = firstHeader[style].exec(text);
  if (!first) return;
  const headerAt = (at: number): RegExpExecArray | null => {
    layout.header.lastIndex = at;
    return layout.header.exec(text);
  };
  let header = headerAt(first.index);
  const listed = listedPaths(text.slice(0, first.index));
  const useList = listed.has(header?.[1] ?? '');
  const seen = new Set<string>();
  while (header !== null) {
    const path: string = header[1] ?? '';
    seen.add(path);
    const body = header.index + header[0].length;
    const end = layout.end(header);
    header = null;
    let content: string | null = null;
    for (let at = text.indexOf(end, body - 1); at >= 0; at = text.indexOf(end, at + 1)) {
      const next = layout.next(at, end);
      const candidate = headerAt(next);
      const named = candidate?.[1] ?? '';
      if (candidate && !seen.has(named) && (!useList || listed.has(named))) header = candidate;
      if (header === null && !layout.isLast(at, next)) continue;
      content = text.slice(body, Math.max(at, body));
      break;
    }
    yield { path, content: content === null ? null : trimEnd(content) };
  }
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '');
}

function* splitEscapedXml(text: string): Generator<PackedFile> {
  const header = /<file path="([^"<]*)">/g;
  for (let found = header.exec(text); found !== null; found = header.exec(text)) {
    const body = found.index + found[0].length;
    const end = text.indexOf('</file>', body);
    yield { path: unescapeXml(found[1] ?? ''), content: end < 0 ? null : unescapeXml(text.slice(body, end)) };
    if (end < 0) return;
    header.lastIndex = end;
  }
}

function* splitJson(text: string): Generator<PackedFile> {
  const pack: unknown = JSON.parse(text);
  const files = typeof pack === 'object' && pack !== null && 'files' in pack ? pack.files : null;
  if (typeof files !== 'object' || files === null) return;
  for (const [path, content] of Object.entries(files)) {
    if (typeof content === 'string') yield { path, content };
  }
}

/**
 * The files of a pack, in time linear in its length.
 * @throws SyntaxError when a JSON pack does not parse
 */
export function splitPackedFiles(text: string, style: RepomixStyle): Generator<PackedFile> {
  if (style === 'json') return splitJson(text);
  return style === 'escaped-xml' ? splitEscapedXml(text) : splitUnescaped(text, style);
}
