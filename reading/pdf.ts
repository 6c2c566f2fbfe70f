import { getDocumentProxy } from 'unpdf';
import { cleanText, nothingCleaned } from '../lib/storable.ts';
import {
  type Extraction,
  limits,
  PAGE_END,
  type Page,
  requireText,
  unreadable,
  type Warning,
} from './extraction.ts';
import { cleaningWarnings, normalizeLines } from './text.ts';

/** What pdf.js throws, by name: its classes are not exported. */
function translate(error: unknown): unknown {
  // for want of memory, which says nothing of the file's state
  if (!(error instanceof Error) || error instanceof RangeError) return error;
  if (error.name === 'PasswordException')
    return unreadable('CQ320', 'The PDF is protected by a password', error);
  return unreadable('CQ322', `The PDF is damaged: ${error.message.slice(0, 200)}`, error);
}

/** The field of the document's information, when it says something. */
function said(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== ''
    ? value.replace(/\s+/g, ' ').trim().slice(0, 500)
    : null;
}

/** @throws ColloquyError CQ320 with a password, CQ321 without text, CQ322 damaged, CQ323 too long */
export async function readPdf(bytes: Uint8Array): Promise<Extraction> {
  let pdf: Awaited<ReturnType<typeof getDocumentProxy>>;
  try {
    // errors only: its warnings are about fonts
    pdf = await getDocumentProxy(bytes, { verbosity: 0, stopAtErrors: false });
  } catch (error) {
    throw translate(error);
  }
  if (pdf.numPages > limits.pages) {
    throw unreadable('CQ323', `The PDF has ${pdf.numPages} pages; at most ${limits.pages} are read`);
  }
  const warnings: Warning[] = [];
  const raw: string[] = [];
  let length = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const text = await pageText(pdf, number);
    length += text.length;
    if (length > limits.text)
      throw unreadable('CQ323', `The PDF has more than ${limits.text} characters of text`);
    raw.push(text);
  }
  const blank = raw.filter((text) => text.trim() === '').length;
  if (blank === raw.length) {
    throw unreadable(
      'CQ321',
      `The PDF has no text on any of its ${raw.length} pages, only pictures of it, perhaps`,
    );
  }
  if (blank > 0) {
    warnings.push({ kind: 'pages_without_text', message: `${blank} of ${raw.length} pages have no text` });
  }
  // cleaned as a whole, so that what had to go is counted once; a form feed within a page would count as its end
  const cleaned = nothingCleaned();
  const whole = cleanText(raw.map((text) => text.replaceAll(PAGE_END, ' ')).join(PAGE_END), cleaned);
  warnings.push(...cleaningWarnings(cleaned));
  const texts = normalizeLines(whole).split(PAGE_END);
  const pages: Page[] = [];
  for (const [i, text] of texts.entries()) {
    const start = i === 0 ? 0 : pages[i - 1]!.end + PAGE_END.length;
    pages.push({ number: i + 1, start, end: start + text.length });
  }
  const text = texts.join(PAGE_END);
  requireText(text);
  const { title, language } = await about(pdf);
  return { text, contentType: 'text', codeLanguage: null, title, language, encoding: null, pages, warnings };
}

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

async function pageText(pdf: Pdf, number: number): Promise<string> {
  try {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : '')).join('');
    page.cleanup();
    return text;
  } catch (error) {
    throw translate(error);
  }
}

async function about(pdf: Pdf): Promise<Pick<Extraction, 'title' | 'language'>> {
  try {
    const { info } = await pdf.getMetadata();
    const { Title, Language } = info as { Title?: unknown; Language?: unknown };
    return { title: said(Title)?.toWellFormed() ?? null, language: said(Language) };
  } catch (error) {
    // the text is what counts
    if (error instanceof Error) return { title: null, language: null };
    throw error;
  }
}
