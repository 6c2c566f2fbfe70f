import { OfficeParser, type OfficeParserAST, type SupportedFileType } from 'officeparser';
import { type Extraction, limits, unreadable, type Warning } from './extraction.ts';
import { readLoosely } from './office-loose.ts';
import { toMarkdown } from './office-markdown.ts';
import { unpack } from './packed.ts';
import { clipTitle, namesNothing } from './titles.ts';
import { writeDates } from './xlsx-dates.ts';

export type OfficeFormat = 'pptx' | 'xlsx' | 'odt' | 'ods' | 'odp' | 'epub' | 'rtf';

const ENCRYPTED = 'META-INF/manifest.xml';
/** What says which numbers of a workbook are dates. */
const OF_DATES = /^xl\/(?:workbook|styles|_rels\/workbook\.xml|worksheets\/[^/]+)\.(?:xml|rels)$/;

/** Counts what the parts unfold to, before a library reads them that has other bounds; keeps those that it does not read. */
async function inspect(bytes: Buffer, format: OfficeFormat): Promise<Map<string, Buffer>> {
  const kind = format.toUpperCase();
  const parts = await unpack(bytes, kind, (name) => name === ENCRYPTED || OF_DATES.test(name));
  if (format.startsWith('od') && parts.get(ENCRYPTED)?.includes('encryption-data')) {
    throw unreadable('CQ320', `The ${kind} is protected by a password`);
  }
  return parts;
}

/** Null when it is not whole. */
async function parse(bytes: Buffer, format: OfficeFormat): Promise<OfficeParserAST | null> {
  try {
    return await OfficeParser.parseOffice(bytes, {
      fileType: format as SupportedFileType,
      extractAttachments: false,
      ignoreSlideMasters: true,
      decompressionLimits: { maxUncompressedBytes: limits.unpacked, maxZipEntries: limits.entries },
    });
  } catch (error) {
    if (!(error instanceof Error) || error instanceof RangeError) throw error;
    return null;
  }
}

function warningsOf({ warnings }: OfficeParserAST): Warning[] {
  const lost = warnings.filter(({ code }) => /NOT_READ|LIMIT_EXCEEDED/.test(String(code)));
  return lost.length === 0
    ? []
    : [{ kind: 'left_out', message: `${lost.length} parts of the document were not read, or not whole` }];
}

/**
 * Presentations, workbooks, texts of OpenDocument, books and RTF, as markdown.
 * @throws ColloquyError CQ320 encrypted, CQ322 damaged, CQ323 too large
 */
export async function readOffice(bytes: Buffer, format: OfficeFormat): Promise<Extraction> {
  const kind = format.toUpperCase();
  let parts = new Map<string, Buffer>();
  if (format === 'rtf') {
    if (!bytes.subarray(0, 20).includes('{\\rtf'))
      throw unreadable('CQ322', 'The file does not begin as RTF does');
  } else parts = await inspect(bytes, format);
  const read = await parse(bytes, format);
  if (read !== null) writeDates(read.content, parts);
  const whole = read === null ? '' : toMarkdown(read);
  const title = typeof read?.metadata.title === 'string' ? clipTitle(read.metadata.title) : '';
  const language = typeof read?.metadata.language === 'string' ? read.metadata.language : null;
  const about = {
    contentType: 'markdown' as const,
    codeLanguage: null,
    title: title === '' || namesNothing(title) ? null : title,
    language,
    encoding: null,
    pages: [],
  };
  if (read !== null && whole !== '') return { ...about, text: whole, warnings: warningsOf(read) };
  const loose = await readLoosely(bytes, format);
  if (loose === '' && read === null) throw unreadable('CQ322', `The ${kind} is damaged, or something else`);
  const message = `The ${kind} is not whole: its words were read without their order and structure`;
  return { ...about, text: loose, warnings: loose === '' ? [] : [{ kind: 'left_out', message }] };
}
