import type { OfficeContentNode, OfficeParserAST } from 'officeparser';

/** Cells that are kept empty between two that are not: a table that is mostly gaps is no help. */
const GAPS = 12;

const childrenOf = (node: OfficeContentNode): OfficeContentNode[] => node.children ?? [];
const metadataOf = (node: OfficeContentNode) => (node.metadata ?? {}) as Record<string, unknown>;
const words = (value: unknown) => (typeof value === 'string' ? value.replace(/\s+/g, ' ').trim() : '');

/** Comments and footnotes that stand at a place, behind its text. */
function besideText(node: OfficeContentNode): string {
  const comments = (node.comments ?? []).map((comment) => {
    const author = words(metadataOf(comment).author);
    return ` [Comment${author ? ` by ${author}` : ''}: ${inlineText(comment)}]`;
  });
  const notes = (node.notes ?? []).map((note) => ` [Note: ${inlineText(note)}]`);
  return [...comments, ...notes].join('');
}

function linkOf(node: OfficeContentNode, text: string): string {
  const { link } = metadataOf(node);
  return typeof link === 'string' &&
    /^(?:https?|ftp|mailto):/i.test(link) &&
    link.length <= 500 &&
    !text.includes(link)
    ? ` (${link.replace(/^mailto:/i, '')})`
    : '';
}

/** Everything below a node as one line. */
function inlineText(node: OfficeContentNode): string {
  const children = childrenOf(node);
  if (node.type === 'image') {
    const description = words(metadataOf(node).altText);
    return description === '' ? '' : `[image: ${description}]`;
  }
  if (node.type === 'break') return ' ';
  const separator = children.some(({ type }) => type === 'paragraph' || type === 'list') ? ' ' : '';
  const own = children.length > 0 ? children.map(inlineText).join(separator) : (node.text ?? '');
  return `${own}${linkOf(node, own)}${besideText(node)}`.replace(/\s*\n\s*/g, ' ');
}

function cellsOf(row: OfficeContentNode): string[] {
  const cells: string[] = [];
  let last = -1;
  for (const cell of childrenOf(row)) {
    const column = metadataOf(cell).col;
    const at = typeof column === 'number' ? column : last + 1;
    for (let gap = Math.min(at - last - 1, GAPS); gap > 0; gap--) cells.push('');
    cells.push(inlineText(cell).replaceAll('|', '\\|').trim());
    last = at;
  }
  while (cells.at(-1) === '') cells.pop();
  return cells;
}

function table(rows: OfficeContentNode[]): string {
  const written = rows.map(cellsOf).filter((cells) => cells.length > 0);
  const lines = written.map((cells) => `| ${cells.join(' | ')} |`);
  if (lines.length > 1) lines.splice(1, 0, `|${written[0]!.map(() => ' --- |').join('')}`);
  return lines.join('\n');
}

function heading(level: number, text: string): string {
  return text.trim() === '' ? '' : `${'#'.repeat(Math.min(Math.max(level, 1), 6))} ${text.trim()}`;
}

/** A slide under a heading of its own: its number, and what it is called. */
function slide(node: OfficeContentNode): string[] {
  const children = childrenOf(node);
  const named = children.find(({ type }) => type === 'heading');
  const number = metadataOf(node).slideNumber;
  const title = named === undefined ? '' : inlineText(named).trim();
  return [
    `## Slide ${number ?? ''}${title === '' ? '' : `: ${title}`}`.replace('Slide :', 'Slide:'),
    ...blocks(
      children.filter((child) => child !== named),
      2,
    ),
    ...(node.comments ?? []).map((comment) => besideText({ type: 'text', comments: [comment] }).trim()),
    ...(node.notes ?? []).map((note) => `Notes: ${inlineText(note).trim()}`),
  ];
}

function listItem(node: OfficeContentNode): string {
  const { indentation, listType } = metadataOf(node);
  const depth = typeof indentation === 'number' ? Math.min(indentation, 8) : 0;
  return `${'  '.repeat(depth)}${listType === 'ordered' ? '1.' : '-'} ${inlineText(node).trim()}`;
}

/** @param below level of the heading under which they stand */
function blocks(nodes: readonly OfficeContentNode[], below = 0): string[] {
  const parts: string[] = [];
  let list: string[] = [];
  const endList = () => {
    if (list.length > 0) parts.push(list.join('\n'));
    list = [];
  };
  for (const node of nodes) {
    if (node.type === 'list') {
      list.push(listItem(node));
      continue;
    }
    endList();
    const children = childrenOf(node);
    if (node.type === 'heading') {
      const { level } = metadataOf(node);
      parts.push(heading(below + (typeof level === 'number' ? level : 1), inlineText(node)));
    } else if (node.type === 'table') parts.push(table(children));
    else if (node.type === 'sheet')
      parts.push(heading(2, words(metadataOf(node).sheetName)), ...sheet(children));
    else if (node.type === 'slide') parts.push(...slide(node));
    else if (node.type === 'code') parts.push(`\`\`\`\n${node.text ?? ''}\n\`\`\``);
    else if (children.some(({ type }) => /^(?:paragraph|heading|list|table|row)$/.test(type)))
      parts.push(...blocks(children, below), besideText(node).trim());
    else parts.push(inlineText(node).trim());
  }
  endList();
  return parts.filter((part) => part.trim() !== '');
}

/** Rows are a table; charts, pictures and text boxes stand beside it. */
function sheet(children: OfficeContentNode[]): string[] {
  const others = children.filter(({ type }) => type !== 'row');
  return [table(children.filter(({ type }) => type === 'row')), ...blocks(others, 2)];
}

/** What the library read, as markdown: slides and sheets under headings, footnotes and comments where they belong. */
export function toMarkdown({ content, auxiliary }: OfficeParserAST): string {
  const edges = (name: string, nodes: OfficeContentNode[] | undefined) =>
    [...new Set((nodes ?? []).map((node) => inlineText(node).trim()))]
      .filter((line) => /\p{L}{2}/u.test(line))
      .map((line) => `${name}: ${line}`);
  return [
    ...blocks(content),
    ...edges('Header', auxiliary?.headers),
    ...edges('Footer', auxiliary?.footers),
  ].join('\n\n');
}
