import { type Extraction, type ExtractionRequest, requireText, unreadable } from './extraction.ts';
import { languageOf } from './file-kinds.ts';
import { formatOf, readText } from './text.ts';
import { markdownTitle } from './titles.ts';

/**
 * Reads text from the bytes of a file. Takes the time and memory that it takes: extract.ts bounds them. What only some kinds need is
 * loaded for them, since each file has a process of its own.
 */
export async function read({ bytes, extractor, name }: ExtractionRequest): Promise<Extraction> {
  if (bytes.length === 0) throw unreadable('CQ324', 'The file is empty');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = formatOf(bytes);
  if (extractor === 'pdf') {
    if (!buffer.subarray(0, 1024).includes('%PDF-'))
      throw unreadable('CQ322', 'The file does not begin as a PDF does');
    const { readPdf } = await import('./pdf.ts');
    return readPdf(new Uint8Array(bytes));
  }
  if (extractor === 'docx') {
    if (format === undefined) throw unreadable('CQ322', 'The file does not begin as a DOCX does');
    const { readDocx } = await import('./docx.ts');
    return readDocx(buffer);
  }
  const decoded = readText(bytes);
  if ('notText' in decoded) throw unreadable('CQ326', `The file is ${decoded.notText}, not text`);
  requireText(decoded.text);
  const plain = { ...decoded, codeLanguage: null, title: null, language: null, pages: [] };
  if (extractor === 'text') return { ...plain, contentType: 'text' };
  if (extractor === 'code') {
    return { ...plain, contentType: 'code', codeLanguage: languageOf(name, decoded.text) };
  }
  if (extractor === 'markdown') {
    return { ...plain, contentType: 'markdown', title: markdownTitle(decoded.text) };
  }
  const { readHtml } = await import('./html.ts');
  const page = readHtml(decoded.text);
  if (!page) throw unreadable('CQ322', 'The page is nested too deeply');
  requireText(page.text);
  const language = /<html\b[^>]{0,500}?\blang\s*=\s*["']?([a-z]{2,3}(?:-[a-z0-9]{2,8})*)/i.exec(
    decoded.text,
  )?.[1];
  return {
    ...plain,
    contentType: 'markdown',
    text: page.text,
    title: page.title,
    language: language ?? null,
  };
}
