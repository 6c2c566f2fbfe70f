import { ColloquyError } from '../lib/errors.ts';

/** How a file is read: the column extractor of the accepted types. */
export type Extractor =
  | 'text'
  | 'markdown'
  | 'html'
  | 'code'
  | 'notebook'
  | 'pdf'
  | 'docx'
  | 'pptx'
  | 'xlsx'
  | 'odt'
  | 'ods'
  | 'odp'
  | 'epub'
  | 'rtf'
  | 'eml'
  | 'mbox'
  | 'mhtml';

/** The characters of one page in the text, in UTF-16 units, end exclusive. */
export interface Page {
  number: number;
  start: number;
  end: number;
}

/** Something about the text that whoever uses it may want to know. */
export interface Warning {
  kind:
    | 'other_encoding'
    | 'invalid_utf8'
    | 'nul_removed'
    | 'surrogates_replaced'
    | 'pages_without_text'
    | 'left_out';
  message: string;
}

/** What was read from a file. */
export interface Extraction {
  /** Well-formed, without NUL, with line ends `\n`. Pages end with a form feed, the last one excepted. */
  text: string;
  /** How the text is to be cut: HTML, mail and everything of an office have become markdown. */
  contentType: 'text' | 'markdown' | 'code';
  /** Programming language, of code; of a notebook, that of its cells. */
  codeLanguage: string | null;
  title: string | null;
  /** As the file itself declares it: "de", "en-GB". */
  language: string | null;
  /** Of the bytes, where they are text, as TextDecoder names it. */
  encoding: string | null;
  /** Of a PDF; empty otherwise. */
  pages: Page[];
  warnings: Warning[];
}

export interface ExtractionRequest {
  bytes: Uint8Array;
  extractor: Extractor;
  /** Name of the file, for the language of code. */
  name: string;
}

export const limits = {
  /** Most characters of text: what a document may hold. */
  text: 20_000_000,
  pages: 5_000,
  /** Bytes that a packed file may unfold to, and parts that it may have. */
  unpacked: 128 * 1024 * 1024,
  entries: 5_000,
};

/** Separates pages; a reader of plain text knows it too. */
export const PAGE_END = '\f';

/** The reasons why a file cannot be read, each with what its owner can do. */
const reasons = {
  CQ320: 'Remove the password, and send it again.',
  CQ321: 'It may be scanned: run text recognition (OCR) over it, and send the result.',
  CQ322: 'Open it in the program that made it, save it anew, and send that.',
  CQ323: 'Split it.',
  CQ324: 'Send a file with something in it.',
  CQ325: 'Split it, or save it anew: it may be damaged.',
  CQ326: 'Send text, code, HTML, PDF, mail, or a document of an office program as its name says.',
  CQ327: 'Split it, or save it anew: it may be damaged.',
};

/** @throws ColloquyError CQ324 for a text of nothing, CQ323 for one that is too long */
export function requireText(text: string): void {
  if (text.length > limits.text) {
    throw unreadable(
      'CQ323',
      `The file has ${text.length} characters of text; at most ${limits.text} are read`,
    );
  }
  if (text.trim() === '') throw unreadable('CQ324', 'There is no text in the file');
}

export function unreadable(code: keyof typeof reasons, message: string, cause?: unknown): ColloquyError {
  return new ColloquyError(code, message, { hint: reasons[code], cause });
}
