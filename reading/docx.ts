import mammoth from 'mammoth';
import { cleanText, nothingCleaned } from '../lib/storable.ts';
import { commentsOf, hiddenStyles, linesOf, plainRuns } from './docx-parts.ts';
import { type Extraction, requireText, unreadable } from './extraction.ts';
import { readHtml } from './html.ts';
import { unpack } from './packed.ts';
import { cleaningWarnings, normalizeLines } from './text.ts';
import { namesNothing } from './titles.ts';

const DOCUMENT = 'word/document.xml';
const CORE = 'docProps/core.xml';
const LONGEST_CORE = 100_000;
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
/** Parts whose runs mammoth reads. */
const WITH_RUNS = /^word\/(?:document|footnotes|endnotes)\d*\.xml$/;
/** Numbers of pages, and nothing else. */
const PAGE_NUMBER =
  /^(?:page|seite|página|pagina|pag|p|s)?[.\s\d/|–-]*(?:of|von|de|di|sur|af|av)?[.\s\d/|–-]*$/i;

/** What the program that made the file was told that its title is. */
function titleOf(core: string): string | null {
  const raw = /<dc:title>([^<]{1,2000})<\/dc:title>/.exec(core)?.[1];
  const title = raw
    ?.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/\s+/g, ' ')
    .trim();
  return title && !namesNothing(title) ? [...title].slice(0, 500).join('') : null;
}

/** What stands at the edge of every page, once. */
function headersOf(parts: Map<string, Buffer>): string[] {
  const found = new Set<string>();
  for (const [name, bytes] of parts) {
    const kind = /^word\/(header|footer)\d*\.xml$/.exec(name)?.[1];
    if (kind === undefined) continue;
    for (const line of linesOf(bytes.toString())) {
      if (!PAGE_NUMBER.test(line)) found.add(`${kind === 'header' ? 'Header' : 'Footer'}: ${line}`);
    }
  }
  return [...found];
}

/**
 * The text as markdown: headings, lists and tables are kept, comments stand where they were made, pictures are their descriptions. What is
 * hidden or deleted is left out.
 * @throws ColloquyError CQ320 encrypted, CQ322 damaged, CQ323 too large, CQ324 empty, CQ326 not a DOCX
 */
export async function readDocx(bytes: Buffer): Promise<Extraction> {
  const parts = await unpack(bytes, 'DOCX', (name) => /\.(?:xml|rels)$/i.test(name));
  if (!parts.has(DOCUMENT)) throw unreadable('CQ326', 'The file is a ZIP file, but not a DOCX');
  const textOf = (name: string) => parts.get(name)?.toString() ?? '';
  const comments = commentsOf(textOf('word/comments.xml'));
  const hidden = hiddenStyles(textOf('word/styles.xml'));
  const file = {
    exists: (name: string) => parts.has(name),
    read: async (name: string, encoding?: string) => {
      if (!encoding) return parts.get(name);
      const xml = textOf(name);
      return WITH_RUNS.test(name) ? plainRuns(xml, hidden, comments) : xml;
    },
  };
  let html: string;
  try {
    const noPicture = mammoth.images.imgElement(async () => ({ src: '' }));
    // its types do not tell of files that are unpacked already
    html = (await mammoth.convertToHtml({ file } as never, { convertImage: noPicture })).value;
  } catch (error) {
    throw unreadable('CQ322', `The DOCX is damaged: ${String(error).slice(0, 200)}`, error);
  }
  const page = readHtml(html);
  if (!page) throw unreadable('CQ322', 'The DOCX is nested too deeply');
  const cleaned = nothingCleaned();
  const whole = [page.text, ...[...comments.values()], ...headersOf(parts)].filter((part) => part !== '');
  const text = normalizeLines(cleanText(whole.join('\n\n'), cleaned));
  requireText(text);
  return {
    text,
    contentType: 'markdown',
    codeLanguage: null,
    title: titleOf(textOf(CORE).slice(0, LONGEST_CORE)) ?? page.title,
    language: null,
    encoding: null,
    pages: [],
    warnings: cleaningWarnings(cleaned),
  };
}
