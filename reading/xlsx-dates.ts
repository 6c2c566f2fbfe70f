import type { OfficeContentNode } from 'officeparser';

/** Formats of numbers that are dates, times or both in every workbook. */
const DATES = new Set([
  14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58,
]);
const TIMES = new Set([18, 19, 20, 21, 45, 46, 47]);
const DAY = 86_400_000;
/** The day 0 of each calendar; that of Windows has a 29th of February 1900, which never was. */
const EPOCH = { windows: Date.UTC(1899, 11, 30), mac: Date.UTC(1904, 0, 1) };

/** Which of the styles of cells show a number as a date or a time. */
function dateStyles(styles: string): Map<string, 'date' | 'time'> {
  const kinds = new Map<string, 'date' | 'time'>();
  const own = new Map<number, string>();
  for (const [tag] of styles.matchAll(/<numFmt\b[^>]{0,600}>/g)) {
    const id = Number(/numFmtId="(\d+)"/.exec(tag)?.[1]);
    // what is quoted, escaped or in brackets is shown as it is
    own.set(id, (/formatCode="([^"]*)"/.exec(tag)?.[1] ?? '').replace(/&quot;.*?&quot;|\\.|\[[^\]]*\]/g, ''));
  }
  const formats = /<cellXfs\b.*?<\/cellXfs>/s.exec(styles)?.[0] ?? '';
  let index = 0;
  for (const [tag] of formats.matchAll(/<xf\b[^>]{0,600}>/g)) {
    const id = Number(/numFmtId="(\d+)"/.exec(tag)?.[1]);
    const code = own.get(id);
    if (DATES.has(id) || (code !== undefined && /[yd]/i.test(code))) kinds.set(String(index), 'date');
    else if (TIMES.has(id) || (code !== undefined && /[hs]/i.test(code))) kinds.set(String(index), 'time');
    index += 1;
  }
  return kinds;
}

function written(number: number, kind: 'date' | 'time', epoch: number): string | null {
  const time = new Date(Math.round((epoch + number * DAY) / 1000) * 1000);
  if (Number.isNaN(time.getTime()) || number < 0 || time.getUTCFullYear() > 9999) return null;
  const [day = '', clock = ''] = time.toISOString().slice(0, 19).split('T');
  if (kind === 'time' && number < 1) return clock;
  return Number.isInteger(number) ? day : `${day} ${clock.replace(/:00$/, '')}`;
}

/** Places of the cells of a sheet that are dates, with what they say: "3:0" is the first of the fourth row. */
function datesOf(sheet: string, kinds: Map<string, 'date' | 'time'>, epoch: number): Map<string, string> {
  const dates = new Map<string, string>();
  for (const [, tag = '', value = ''] of sheet.matchAll(
    /<c\b([^>]{0,300})>(?:<f\b[^>]*(?:\/>|>[^<]*<\/f>))?<v>([^<]{1,40})<\/v>/g,
  )) {
    const kind = kinds.get(/\bs="(\d+)"/.exec(tag)?.[1] ?? '');
    if (kind === undefined || /\bt="(?!n")/.test(tag)) continue;
    const [, letters = '', row = ''] = /\br="([A-Z]{1,3})(\d+)"/.exec(tag) ?? [];
    const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
    const text = written(Number(value), kind, epoch);
    if (text !== null) dates.set(`${Number(row) - 1}:${column}`, text);
  }
  return dates;
}

/**
 * Writes dates as dates: the library gives the number of days that a workbook keeps in their place.
 * @param parts of the workbook, as text
 */
export function writeDates(sheets: OfficeContentNode[], parts: ReadonlyMap<string, Buffer>): void {
  const textOf = (name: string) => parts.get(name)?.toString() ?? '';
  const kinds = dateStyles(textOf('xl/styles.xml'));
  if (kinds.size === 0) return;
  const workbook = textOf('xl/workbook.xml');
  const epoch = /date1904="(?:1|true)"/.test(workbook) ? EPOCH.mac : EPOCH.windows;
  const targets = new Map(
    [...textOf('xl/_rels/workbook.xml.rels').matchAll(/<Relationship\b[^>]{0,600}>/g)].map(([tag]) => [
      /\bId="([^"]+)"/.exec(tag)?.[1],
      /\bTarget="([^"]+)"/.exec(tag)?.[1]?.replace(/^\/?(?:xl\/)?/, 'xl/'),
    ]),
  );
  const files = [...workbook.matchAll(/<sheet\b[^>]{0,600}>/g)].map(([tag]) =>
    targets.get(/r:id="([^"]+)"/.exec(tag)?.[1]),
  );
  for (const [i, sheet] of sheets.filter(({ type }) => type === 'sheet').entries()) {
    const dates = datesOf(textOf(files[i] ?? ''), kinds, epoch);
    if (dates.size === 0) continue;
    for (const row of sheet.children ?? [])
      for (const cell of row.children ?? []) {
        const { row: y, col: x } = (cell.metadata ?? {}) as { row?: number; col?: number };
        const text = dates.get(`${y}:${x}`);
        if (text !== undefined) cell.children = [{ type: 'text', text }];
      }
  }
}
