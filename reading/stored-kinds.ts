import { extensionOf } from './file-kinds.ts';

const OPEN_XML = 'application/vnd.openxmlformats-officedocument';
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument';

/** Files that are no text themselves: an import stores them as they are, and the worker reads them in its bounds. */
const TYPES: Record<string, string> = {
  pdf: 'application/pdf',
  docx: `${OPEN_XML}.wordprocessingml.document`,
  docm: 'application/vnd.ms-word.document.macroenabled.12',
  pptx: `${OPEN_XML}.presentationml.presentation`,
  ppsx: `${OPEN_XML}.presentationml.slideshow`,
  pptm: 'application/vnd.ms-powerpoint.presentation.macroenabled.12',
  xlsx: `${OPEN_XML}.spreadsheetml.sheet`,
  xlsm: 'application/vnd.ms-excel.sheet.macroenabled.12',
  odt: `${OPEN_DOCUMENT}.text`,
  ods: `${OPEN_DOCUMENT}.spreadsheet`,
  odp: `${OPEN_DOCUMENT}.presentation`,
  epub: 'application/epub+zip',
  rtf: 'application/rtf',
  eml: 'message/rfc822',
  mbox: 'application/mbox',
  mhtml: 'multipart/related',
  mht: 'multipart/related',
};

/** The media type under which an import stores a file; undefined when it is read at once. */
export function storedType(path: string): string | undefined {
  return TYPES[extensionOf(path)];
}

/** Pages, notebooks and markdown hold scripts and pictures that are no text: how large they are says little. */
const PADDED = new Set(['html', 'htm', 'xhtml', 'ipynb', 'md', 'mdx', 'markdown', 'qmd', 'rmd']);
const LARGEST_PADDED = 32 * 1024 * 1024;

/** Bytes that a file may have whose text may have so many. */
export function largestFile(path: string, largestText: number): number {
  return PADDED.has(extensionOf(path)) ? Math.max(largestText, LARGEST_PADDED) : largestText;
}
