import { leaveOutBlobs } from './blobs.ts';
import { type Extraction, type ExtractionRequest, requireText, unreadable } from './extraction.ts';
import { languageOf } from './file-kinds.ts';
import { formatOf, type ReadText, readText } from './text.ts';
import { markdownTitle } from './titles.ts';

/** What is packed, drawn or sent: each kind by a reader that is loaded for it. Null: text. */
async function readWhole({ bytes, extractor }: ExtractionRequest): Promise<Extraction | null> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPacked = formatOf(bytes) !== undefined;
  switch (extractor) {
    case 'pdf': {
      if (!buffer.subarray(0, 1024).includes('%PDF-'))
        throw unreadable('CQ322', 'The file does not begin as a PDF does');
      const { readPdf } = await import('./pdf.ts');
      return readPdf(new Uint8Array(bytes));
    }
    case 'docx': {
      if (!isPacked) throw unreadable('CQ322', 'The file does not begin as a DOCX does');
      const { readDocx } = await import('./docx.ts');
      return readDocx(buffer);
    }
    case 'pptx':
    case 'xlsx':
    case 'odt':
    case 'ods':
    case 'odp':
    case 'epub':
    case 'rtf': {
      const kind = extractor.toUpperCase();
      if (!isPacked && extractor !== 'rtf')
        throw unreadable('CQ322', `The file does not begin as ${kind} does`);
      const { readOffice } = await import('./office.ts');
      return readOffice(buffer, extractor);
    }
    case 'eml':
    case 'mbox':
    case 'mhtml': {
      const { readMail, readMailbox, readMhtml } = await import('./mail.ts');
      if (extractor === 'mbox') return readMailbox(buffer);
      return extractor === 'eml' ? readMail(buffer) : readMhtml(buffer);
    }
    default:
      return null;
  }
}

type Plain = Omit<Extraction, 'contentType'>;

async function readPage(plain: Plain): Promise<Extraction> {
  const { readHtml } = await import('./html.ts');
  const page = readHtml(plain.text);
  if (!page) throw unreadable('CQ322', 'The page is nested too deeply');
  requireText(page.text);
  const language = /<html\b[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2,3}(?:-[a-z0-9]{2,8})*)/i.exec(
    plain.text,
  )?.[1];
  return {
    ...plain,
    contentType: 'markdown',
    text: page.text,
    title: page.title,
    language: language ?? null,
  };
}

async function readCells(plain: Plain): Promise<Extraction> {
  const { readNotebook } = await import('./notebook.ts');
  const notebook = readNotebook(plain.text);
  if (!notebook) throw unreadable('CQ322', 'The file is no notebook, or a broken one');
  const { text, title, language, warnings } = notebook;
  return {
    ...plain,
    contentType: 'markdown',
    text,
    title,
    codeLanguage: language,
    warnings: [...plain.warnings, ...warnings],
  };
}

async function readAsText({ bytes, extractor, name }: ExtractionRequest): Promise<Extraction> {
  const decoded: ReadText | { notText: string } = readText(bytes);
  if ('notText' in decoded) throw unreadable('CQ326', `The file is ${decoded.notText}, not text`);
  requireText(decoded.text);
  const plain = { ...decoded, codeLanguage: null, title: null, language: null, pages: [] };
  if (extractor === 'html') return readPage(plain);
  if (extractor === 'notebook') return readCells(plain);
  if (extractor === 'markdown') {
    return { ...plain, contentType: 'markdown', title: markdownTitle(decoded.text) };
  }
  return extractor === 'code'
    ? { ...plain, contentType: 'code', codeLanguage: languageOf(name, decoded.text) }
    : { ...plain, contentType: 'text' };
}

/**
 * Reads text from the bytes of a file. Takes the time and memory that it takes: extract.ts bounds them. What only some kinds need is
 * loaded for them, since each file has a process of its own.
 */
export async function read(request: ExtractionRequest): Promise<Extraction> {
  if (request.bytes.length === 0) throw unreadable('CQ324', 'The file is empty');
  const found = (await readWhole(request)) ?? (await readAsText(request));
  // places of pages would move; and a page has no room for such data
  if (found.pages.length > 0) return found;
  const { text, warnings } = leaveOutBlobs(found.text, { isData: found.codeLanguage === 'json' });
  requireText(text);
  return { ...found, text, warnings: [...found.warnings, ...warnings] };
}
