import mammoth from 'mammoth';
import yauzl from 'yauzl';
import { cleanText, nothingCleaned } from '../lib/storable.ts';
import { type Extraction, limits, requireText, unreadable } from './extraction.ts';
import { readHtml } from './html.ts';
import { cleaningWarnings, normalizeLines } from './text.ts';

/** An encrypted DOCX is no ZIP file, but one of the old container format. */
const CONTAINER = Buffer.from('d0cf11e0a1b11ae1', 'hex');

const CORE = 'docProps/core.xml';
const LONGEST_CORE = 100_000;
const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/**
 * Unpacks every part once, counting, and throws it away: what a file says about its own size is not believed, and the
 * library that reads it afterwards has no bounds.
 */
async function inspect(bytes: Buffer): Promise<{ title: string | null }> {
  let zip: yauzl.ZipFile;
  try {
    zip = await yauzl.fromBufferPromise(bytes, { lazyEntries: true });
  } catch (error) {
    throw unreadable('CQ322', 'The DOCX is damaged: it is not a whole ZIP file', error);
  }
  let unpacked = 0;
  let entries = 0;
  let hasDocument = false;
  let core = '';
  try {
    for await (const entry of zip.eachEntry()) {
      entries += 1;
      if (entries > limits.entries) {
        throw unreadable('CQ323', `The DOCX has more than ${limits.entries} parts`);
      }
      if (entry.isEncrypted()) throw unreadable('CQ320', 'The DOCX is protected by a password');
      if (entry.fileName === 'word/document.xml') hasDocument = true;
      if (entry.fileName.endsWith('/')) continue;
      for await (const piece of await zip.openReadStreamPromise(entry)) {
        unpacked += (piece as Buffer).length;
        if (entry.fileName === CORE && core.length < LONGEST_CORE) core += (piece as Buffer).toString();
        if (unpacked > limits.unpacked) {
          throw unreadable('CQ323', `The DOCX unfolds to more than ${limits.unpacked / 1024 / 1024} MiB`);
        }
      }
    }
  } catch (error) {
    if (error instanceof Error && error.name === 'ColloquyError') throw error;
    throw unreadable('CQ322', `The DOCX is damaged: ${String(error).slice(0, 200)}`, error);
  }
  if (!hasDocument) throw unreadable('CQ326', 'The file is a ZIP file, but not a DOCX');
  return { title: titleOf(core) };
}

/** What the program that made the file was told that its title is. */
function titleOf(core: string): string | null {
  const raw = /<dc:title>([^<]{1,2000})<\/dc:title>/.exec(core)?.[1];
  const title = raw
    ?.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name]!)
    .replace(/\s+/g, ' ')
    .trim();
  return title ? [...title].slice(0, 500).join('') : null;
}

/**
 * The text as markdown: headings, lists and tables are kept, pictures are not.
 * @throws ColloquyError CQ320 encrypted, CQ322 damaged, CQ323 too large, CQ324 empty, CQ326 not a DOCX
 */
export async function readDocx(bytes: Buffer): Promise<Extraction> {
  if (bytes.subarray(0, CONTAINER.length).equals(CONTAINER)) {
    throw unreadable('CQ320', 'The file is a DOCX with a password, or an old DOC');
  }
  const { title } = await inspect(bytes);
  let html: string;
  try {
    const noPicture = mammoth.images.imgElement(async () => ({ src: '' }));
    html = (await mammoth.convertToHtml({ buffer: bytes }, { convertImage: noPicture })).value;
  } catch (error) {
    throw unreadable('CQ322', `The DOCX is damaged: ${String(error).slice(0, 200)}`, error);
  }
  const page = readHtml(html);
  if (!page) throw unreadable('CQ322', 'The DOCX is nested too deeply');
  const cleaned = nothingCleaned();
  const text = normalizeLines(cleanText(page.text, cleaned));
  requireText(text);
  return {
    text,
    contentType: 'markdown',
    codeLanguage: null,
    title: title ?? page.title,
    language: null,
    encoding: null,
    pages: [],
    warnings: cleaningWarnings(cleaned),
  };
}
