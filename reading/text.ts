import { isUtf8 } from 'node:buffer';
import { type Cleaned, cleanText, nothingCleaned } from '../lib/storable.ts';
import { decodesAs, legacyEncoding, utf16Of } from './encoding.ts';
import type { Warning } from './extraction.ts';

/** Text that can be stored, and what had to be done to it. */
export interface ReadText {
  text: string;
  /** As TextDecoder names it. */
  encoding: string;
  warnings: Warning[];
}

/** How well-known formats begin that are not text. PDF is here because its text is not in its bytes. */
const signatures: [string, string][] = [
  ['a PDF', '255044462d'],
  ['a ZIP file or an Office document', '504b0304'],
  ['an old Office document', 'd0cf11e0'],
  ['a PNG image', '89504e47'],
  ['a JPEG image', 'ffd8ff'],
  ['a GIF image', '47494638'],
  ['a gzip file', '1f8b08'],
  ['a Zstandard file', '28b52ffd'],
  ['an xz file', 'fd377a585a'],
  ['a 7-Zip file', '377abcaf'],
  ['an Ogg file', '4f67675300'],
  ['a program', '7f454c46'],
  ['a WebAssembly program', '0061736d'],
  ['a Java class or a Mach-O program', 'cafebabe'],
  ['a Mach-O program', 'cffaedfe'],
  ['an SQLite database', '53514c69746520666f726d6174'],
];

/** More control bytes than this in the first part of a file, and it is data rather than damaged text. */
const CONTROL_SHARE = 0.05;
const SAMPLE = 8192;
/** Japanese mail is ASCII between escape sequences. */
const TO_JAPANESE = ['\u001b$@', '\u001b$B'];

/** What the bytes are, by their beginning, or undefined when they may be text. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 16));
  const hex = head.toString('hex');
  const known = signatures.find(([, signature]) => hex.startsWith(signature));
  if (known) return known[0];
  // these name themselves behind a length
  const latin1 = head.toString('latin1');
  if (/^\0...ftyp/s.test(latin1)) return 'an MP4 or HEIC file';
  return /^RIFF....(?:WEBP|WAVE|AVI )/s.test(latin1) ? 'a WebP, WAV or AVI file' : undefined;
}

/** Tab, line feed, form feed, carriage return and escape occur in text. */
function isControl(code: number): boolean {
  return code < 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13 && code !== 27;
}

/** The share of control bytes, NUL included, in the first part. */
function controlShare(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, SAMPLE);
  return sample.length === 0 ? 0 : sample.filter(isControl).length / sample.length;
}

/** Any even number of bytes is UTF-16; more controls and broken pairs than a damaged text has are no text. */
function readUtf16(bytes: Uint8Array, encoding: string): ReadText | { notText: string } {
  const read = readAs(bytes, encoding);
  let broken = 0;
  const sample = read.text.slice(0, SAMPLE);
  for (const character of sample) {
    if (character === '\ufffd' || isControl(character.charCodeAt(0))) broken += 1;
  }
  return broken > 8 && broken > sample.length * 0.02 ? { notText: 'data that begins like UTF-16' } : read;
}

/** `\r\n` and lone `\r` become `\n`, so that the same text from two systems is the same document. */
export function normalizeLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** What was cleaned, as warnings. */
export function cleaningWarnings({ nul, halves }: Cleaned): Warning[] {
  const warnings: Warning[] = [];
  if (nul > 0) warnings.push({ kind: 'nul_removed', message: `${nul} NUL characters were removed` });
  if (halves > 0)
    warnings.push({ kind: 'surrogates_replaced', message: `${halves} halves of characters were replaced` });
  return warnings;
}

function readAs(bytes: Uint8Array, encoding: string, warnings: Warning[] = []): ReadText {
  const cleaned = nothingCleaned();
  const text = normalizeLines(cleanText(new TextDecoder(encoding).decode(bytes), cleaned));
  return { text, encoding, warnings: [...warnings, ...cleaningWarnings(cleaned)] };
}

function readLegacy(bytes: Uint8Array, encoding: string): ReadText {
  const message = `The text is not UTF-8; it was read as ${encoding}, so special characters may be wrong`;
  return readAs(bytes, encoding, [{ kind: 'other_encoding', message }]);
}

/** UTF-8 with some damage: more of its characters are whole than broken. Null when it is another encoding. */
function readDamaged(bytes: Uint8Array): ReadText | null {
  const text = new TextDecoder('utf-8').decode(bytes);
  let broken = 0;
  let whole = 0;
  for (const character of text) {
    if (character === '\ufffd') broken += 1;
    else if (character > '\x7f') whole += 1;
  }
  if (broken >= whole) return null;
  const message = `${broken} places are not valid UTF-8 and were replaced`;
  return readAs(bytes, 'utf-8', [{ kind: 'invalid_utf8', message }]);
}

/**
 * The one reader of bytes as text, for uploads and imports: UTF-8, UTF-16 with or without its mark, else the encoding that
 * the bytes declare or look like, and a warning says so. `notText` names what they are instead.
 */
export function readText(bytes: Uint8Array): ReadText | { notText: string } {
  const utf16 = utf16Of(bytes);
  if (utf16 !== null) return readUtf16(bytes, utf16);
  const format = formatOf(bytes);
  if (format !== undefined) return { notText: format };
  const share = controlShare(bytes);
  if (share > CONTROL_SHARE)
    return { notText: `data: ${Math.round(share * 100)} % of its first bytes are control codes` };
  if (isUtf8(bytes)) {
    const head = Buffer.from(bytes.subarray(0, SAMPLE));
    const isJapanese = TO_JAPANESE.some((sequence) => head.includes(sequence));
    return isJapanese && decodesAs(bytes, 'iso-2022-jp')
      ? readLegacy(bytes, 'iso-2022-jp')
      : readAs(bytes, 'utf-8');
  }
  return readDamaged(bytes) ?? readLegacy(bytes, legacyEncoding(bytes));
}
