import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { joinHyphenated } from './hyphens.ts';
import { type Piece, pageText } from './pdf-columns.ts';
import { cleaningWarnings, normalizeLines } from './text.ts';
import { namesNothing } from './titles.ts';

/** What characters of fonts mean that do not say it themselves: those of East Asia, above all. */
const data = dirname(fileURLToPath(import.meta.resolve('pdfjs-dist/package.json')));
const FONT_DATA = {
  cMapUrl: `${data}${sep}cmaps${sep}`,
  cMapPacked: true,
  standardFontDataUrl: `${data}${sep}standard_fonts${sep}`,
};
/** Codes that fonts give to what they draw, without a meaning: controls, private use, the mark of what is not known. */
const MEANINGLESS = /[^\P{Cc}\t\n\v\f\r]|\ufffd|\p{Co}/gu;

/** Bullets of the fonts of symbols that Windows has. */
const BULLETS = /[\uf0a7\uf0b7\uf0d8\uf0fc]/g;

/** What pdf.js throws, by name: its classes are not exported. */
function translate(error: unknown): unknown {
  // for want of memory, which says nothing of the file's state
  if (!(error instanceof Error) || error instanceof RangeError || error.name === 'ColloquyError')
    return error;
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

/** Listens to what pdf.js says while it works: it leaves the words of a font out that it cannot use, and only prints so. */
function listenForFonts(): { failed: Set<string>; end: () => void } {
  const failed = new Set<string>();
  const { warn } = console;
  console.warn = (message: unknown) => {
    if (/translateFont failed|ignoring font|CMap/i.test(String(message))) failed.add(String(message));
  };
  return {
    failed,
    end: () => {
      console.warn = warn;
    },
  };
}

async function readPages(pdf: Pdf): Promise<string[]> {
  if (pdf.numPages > limits.pages) {
    throw unreadable('CQ323', `The PDF has ${pdf.numPages} pages; at most ${limits.pages} are read`);
  }
  const raw: string[] = [];
  let length = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const text = await readPage(pdf, number);
    length += text.length;
    if (length > limits.text)
      throw unreadable('CQ323', `The PDF has more than ${limits.text} characters of text`);
    raw.push(text.replace(BULLETS, '•'));
  }
  return raw;
}

/** What was lost between the pages and the text, as warnings; nothing at all is an error. */
function lossesOf(raw: string[], fonts: Set<string>): Warning[] {
  const warnings: Warning[] = [];
  const blank = raw.filter((text) => text.trim() === '').length;
  if (blank === raw.length) {
    throw unreadable(
      'CQ321',
      fonts.size > 0
        ? 'The PDF has text, but its fonts do not say what their characters mean'
        : `The PDF has no text on any of its ${raw.length} pages, only pictures of it, perhaps`,
    );
  }
  if (blank > 0) {
    warnings.push({ kind: 'pages_without_text', message: `${blank} of ${raw.length} pages have no text` });
  }
  if (fonts.size > 0) {
    const message = `${fonts.size} fonts could not be used: words that are written in them are left out`;
    warnings.push({ kind: 'left_out', message });
  }
  const unknown = raw.reduce((sum, text) => sum + (text.match(MEANINGLESS)?.length ?? 0), 0);
  if (unknown > 0) {
    const message = `${unknown} characters are left out: their fonts do not say what they mean`;
    warnings.push({ kind: 'left_out', message });
  }
  return warnings;
}

/** @throws ColloquyError CQ320 with a password, CQ321 without text, CQ322 damaged, CQ323 too long */
export async function readPdf(bytes: Uint8Array): Promise<Extraction> {
  const fonts = listenForFonts();
  let pdf: Pdf;
  let raw: string[];
  try {
    pdf = await getDocumentProxy(bytes, { ...FONT_DATA, verbosity: 1, stopAtErrors: false });
    raw = await readPages(pdf);
  } catch (error) {
    throw translate(error);
  } finally {
    fonts.end();
  }
  const warnings = lossesOf(raw, fonts.failed);
  // cleaned as a whole, so that what had to go is counted once; a form feed within a page would count as its end
  const cleaned = nothingCleaned();
  const pagesOfText = raw.map((text) => text.replaceAll(PAGE_END, ' ').replace(MEANINGLESS, ''));
  const whole = cleanText(pagesOfText.join(PAGE_END), cleaned);
  warnings.push(...cleaningWarnings(cleaned));
  const texts = joinHyphenated(normalizeLines(whole)).split(PAGE_END);
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

async function readPage(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  const text = pageText(items.filter((item): item is Piece & typeof item => 'str' in item));
  page.cleanup();
  return text;
}

async function about(pdf: Pdf): Promise<Pick<Extraction, 'title' | 'language'>> {
  try {
    const { info } = await pdf.getMetadata();
    const { Title, Language } = info as { Title?: unknown; Language?: unknown };
    const title = said(Title)?.toWellFormed() ?? null;
    return { title: title !== null && namesNothing(title) ? null : title, language: said(Language) };
  } catch (error) {
    // the text is what counts
    if (error instanceof Error) return { title: null, language: null };
    throw error;
  }
}
