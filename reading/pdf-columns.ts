/** Some text of a page, as pdf.js gives it. */
export interface Piece {
  str: string;
  /** Where it begins and how it is turned: [a, b, c, d, x, y]. */
  transform: number[];
  width: number;
  height: number;
  hasEOL: boolean;
}

/** What stands together on a line. */
interface Cell {
  text: string;
  from: number;
  to: number;
  y: number;
  size: number;
  /** Whether the line ends behind it. */
  ends: boolean;
}

/** Wider than this many times the size of the letters, and a blank separates columns. */
const GAP = 0.9;
/** Fewer lines are no column. */
const LEAST = 3;
/** Share of a column's line ends at which its sentence goes on: lists and tables have none. */
const RUNNING = 0.35;
const LEAST_WORDS = 2;
/** Most columns that are looked for. */
const COLUMNS = 4;

/** The pieces in the order in which they were drawn, with the line ends that they have. */
export function textInOrder(pieces: Piece[]): string {
  return pieces.map(({ str, hasEOL }) => `${str}${hasEOL ? '\n' : ''}`).join('');
}

/** Null when some of it is turned: then where it stands says little. */
function toCells(pieces: Piece[]): Cell[] | null {
  const cells: Cell[] = [];
  let open: Cell | null = null;
  for (const { str, transform, width, height, hasEOL } of pieces) {
    const [a = 0, b = 0, , d = 0, x = 0, y = 0] = transform;
    if (str.trim() !== '') {
      if (Math.abs(b) > 0.01 * Math.abs(a)) return null;
      const size = height || Math.abs(d) || 10;
      const isNear = open !== null && Math.abs(open.y - y) < size / 2 && x >= open.to - size;
      if (open !== null && isNear && x - open.to < GAP * size) {
        const isApart = x - open.to > 0.15 * size && !/\s$/.test(open.text) && !/^\s/.test(str);
        open.text += isApart ? ` ${str}` : str;
        open.to = x + width;
      } else {
        open = { text: str, from: x, to: x + width, y, size, ends: false };
        cells.push(open);
      }
    } else if (open !== null && str !== '' && width < GAP * (open.size || 10) && !/\s$/.test(open.text)) {
      open.text += ' ';
    }
    if (hasEOL && open !== null) {
      open.ends = true;
      open = null;
    }
  }
  return cells;
}

/** Left edges that several cells share, from left to right. */
function edgesOf(cells: Cell[]): number[] {
  const edges: { at: number; count: number }[] = [];
  for (const { from, size } of cells) {
    const known = edges.find(({ at }) => Math.abs(at - from) <= size);
    if (known) known.count += 1;
    else edges.push({ at: from, count: 1 });
  }
  return edges
    .filter(({ count }) => count >= LEAST)
    .sort((a, b) => b.count - a.count)
    .slice(0, COLUMNS)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
}

/** Whether sentences go on from line to line. */
function isProse(column: Cell[]): boolean {
  if (column.length < LEAST) return false;
  const words = column.reduce((sum, { text }) => sum + text.trim().split(/\s+/).length, 0);
  const letters = column.reduce((sum, { text }) => sum + text.length, 0);
  const isSpaced = words > column.length || letters < column.length * 6;
  if (isSpaced && words < column.length * LEAST_WORDS) return false;
  let running = 0;
  for (const [i, { text }] of column.entries()) {
    if (i === 0) continue;
    const before = column[i - 1]!.text.trimEnd();
    // scripts without capitals tell by punctuation alone
    if (!/[.!?:;。!?]["'”’»)]?$/.test(before) && /^\s*[\p{Ll}\p{Lo}]/u.test(text)) running += 1;
  }
  return running >= (column.length - 1) * RUNNING;
}

/** The column of each cell by the edges; -1 for what reaches over several. */
function columnOf({ from, to, size }: Cell, edges: number[]): number {
  let column = 0;
  for (const [i, edge] of edges.entries()) if (from >= edge - size) column = i;
  const next = edges[column + 1];
  return next !== undefined && to > next - size / 4 ? -1 : column;
}

/** How often what was drawn goes from one column to another. */
function changes(columns: number[]): number {
  let count = 0;
  for (let i = 1; i < columns.length; i++) if (columns[i] !== columns[i - 1]) count += 1;
  return count;
}

function write(cells: Cell[]): string {
  const sorted = [...cells].sort((a, b) => b.y - a.y || a.from - b.from);
  let text = '';
  for (const [i, cell] of sorted.entries()) {
    const before = sorted[i - 1];
    const isSameLine = before !== undefined && Math.abs(before.y - cell.y) < cell.size / 2;
    text += `${before === undefined ? '' : isSameLine ? ' ' : '\n'}${cell.text.trim()}`;
  }
  return text;
}

/** Column behind column between the lines that reach over all of them. */
function writeColumns(cells: Cell[], edges: number[]): string {
  const parts: string[] = [];
  let band: Cell[][] = edges.map(() => []);
  const finish = () => {
    for (const column of band) if (column.length > 0) parts.push(write(column));
    band = edges.map(() => []);
  };
  for (const cell of [...cells].sort((a, b) => b.y - a.y || a.from - b.from)) {
    const column = columnOf(cell, edges);
    if (column === -1) {
      finish();
      parts.push(cell.text.trim());
    } else band[column]!.push(cell);
  }
  finish();
  return parts.join('\n');
}

/**
 * The text of a page. A page whose columns were drawn row by row, across them, is read column by column. Everything else keeps the order
 * in which it was drawn, tables above all: their rows are what belongs together.
 */
export function pageText(pieces: Piece[]): string {
  const cells = toCells(pieces);
  if (cells === null || cells.length < 2 * LEAST) return textInOrder(pieces);
  let edges = edgesOf(cells);
  // indented lines, drop caps and short headings make edges that are no columns
  for (;;) {
    if (edges.length < 2) return textInOrder(pieces);
    const columns = cells.map((cell) => columnOf(cell, edges));
    const weak = edges.findIndex((_, i) => !isProse(cells.filter((__, n) => columns[n] === i)));
    if (weak === -1) {
      const inside = columns.filter((column) => column !== -1);
      const least = Math.min(...edges.map((_, i) => inside.filter((column) => column === i).length));
      return changes(inside) >= least ? writeColumns(cells, edges) : textInOrder(pieces);
    }
    edges = edges.filter((_, i) => i !== weak);
  }
}
