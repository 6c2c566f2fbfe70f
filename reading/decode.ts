import { type Extraction, limits, unreadable, type Warning } from './extraction.ts';

/** How well-known formats begin that are no text. */
const signatures: [string, string][] = [
  ['a PDF', '25504446'],
  ['a ZIP file or an Office document', '504b0304'],
  ['an old Office document', 'd0cf11e0'],
  ['a PNG image', '89504e47'],
  ['a JPEG image', 'ffd8ff'],
  ['a GIF image', '47494638'],
  ['a gzip file', '1f8b08'],
  ['a program', '7f454c46'],
];
/** More control codes than this in the first part of a file, and it is data rather than damaged text. */
const CONTROL_SHARE = 0.05;
const SAMPLE = 8192;

/** What the bytes are, by their beginning, or undefined when they may be text. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  return signatures.find(([, signature]) => head.startsWith(signature))?.[0];
}

function controlShare(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, SAMPLE);
  let controls = 0;
  for (const byte of sample) {
    // tab, line feed, form feed, carriage return and escape occur in text; NUL is spoken of elsewhere
    if (byte < 32 && byte !== 0 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27)
      controls++;
  }
  return sample.length === 0 ? 0 : controls / sample.length;
}

function nulShare(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, SAMPLE);
  return sample.length === 0 ? 0 : sample.filter((byte) => byte === 0).length / sample.length;
}

/**
 * The bytes as text: UTF-8; UTF-16 that begins with its mark; else what older Windows wrote, and a warning says so.
 * @throws ColloquyError CQ326 for what is not text
 */
export function decode(bytes: Uint8Array): Pick<Extraction, 'text' | 'encoding' | 'warnings'> {
  const warnings: Warning[] = [];
  const read = (encoding: 'utf-8' | 'utf-16le' | 'utf-16be', skip: number) =>
    clean(new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes.subarray(skip)), encoding);
  const clean = (raw: string, encoding: NonNullable<Extraction['encoding']>) => ({
    text: cleanText(raw, warnings),
    encoding,
    warnings,
  });
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return read('utf-16le', 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return read('utf-16be', 2);
  const format = formatOf(bytes);
  if (format) throw unreadable('CQ326', `The file is ${format}, not text`);
  if (controlShare(bytes) > CONTROL_SHARE || nulShare(bytes) > CONTROL_SHARE) {
    throw unreadable('CQ326', 'The file holds data, not text');
  }
  const skip = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(skip));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    warnings.push({
      kind: 'latin1',
      message:
        'The text is not UTF-8; it was read as Latin 1 (Windows-1252), so special characters may be wrong',
    });
    return clean(new TextDecoder('windows-1252').decode(bytes), 'windows-1252');
  }
  return clean(text, 'utf-8');
}

/** The text as the database takes it; what had to go is added to the warnings. */
export function cleanText(raw: string, warnings: Warning[]): string {
  let text = raw;
  if (text.includes('\0')) {
    text = text.replaceAll('\0', '');
    warnings.push({
      kind: 'nul_removed',
      message: `${raw.length - text.length} NUL characters were removed`,
    });
  }
  if (!text.isWellFormed()) {
    const formed = text.toWellFormed();
    let replaced = 0;
    for (let i = 0; i < formed.length; i++) if (formed[i] !== text[i]) replaced += 1;
    text = formed;
    warnings.push({ kind: 'surrogates_replaced', message: `${replaced} halves of characters were replaced` });
  }
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

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
