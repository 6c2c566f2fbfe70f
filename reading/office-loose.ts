import { Parser } from 'htmlparser2';
import { readHtml } from './html.ts';
import { unpack } from './packed.ts';

/** The parts that hold the text of each format, when what should name them is missing. */
const PARTS: Record<string, RegExp> = {
  pptx: /^ppt\/(?:slides|notesSlides)\/[^/]+\.xml$/i,
  xlsx: /^xl\/(?:sharedStrings|worksheets\/[^/]+)\.xml$/i,
  odt: /^content\.xml$/i,
  ods: /^content\.xml$/i,
  odp: /^content\.xml$/i,
  epub: /\.x?html?$/i,
};
const ENDS = new Set(['p', 'h', 'si', 'is', 'c', 'row', 'tr', 'body']);

/** The words of a part, with a line for each paragraph or cell. */
function wordsOf(xml: string, isOpenDocument: boolean): string {
  let text = '';
  let inText = 0;
  const local = (name: string) => name.slice(name.indexOf(':') + 1);
  const parser = new Parser(
    {
      onopentag(name) {
        if (local(name) === 't') inText += 1;
        else if (/^(?:s|tab|br|line-break)$/.test(local(name))) text += ' ';
      },
      ontext(piece) {
        if (isOpenDocument || inText > 0) text += piece;
      },
      onclosetag(name) {
        if (local(name) === 't') inText -= 1;
        if (ENDS.has(local(name))) text += '\n';
      },
    },
    { xmlMode: true },
  );
  parser.end(xml);
  return text
    .replace(/[ \t]+/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
    .trim();
}

const inOrder = new Intl.Collator('en', { numeric: true });

/** What can be read of a document that is not whole: its words, part by part; '' when there are none. */
export async function readLoosely(bytes: Buffer, format: string): Promise<string> {
  const pattern = PARTS[format];
  if (pattern === undefined) return '';
  const parts = await unpack(bytes, format.toUpperCase(), (name) => pattern.test(name));
  return [...parts]
    .sort(([a], [b]) => inOrder.compare(a, b))
    .map(([, part]) => {
      const text = part.toString();
      return format === 'epub' ? (readHtml(text)?.text ?? '') : wordsOf(text, format.startsWith('od'));
    })
    .filter((text) => text !== '')
    .join('\n\n');
}
