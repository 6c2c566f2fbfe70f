import { analyse } from 'chardet';
import { hasMacintoshLetters, pairedEncoding, unknownToChardet } from './byte-patterns.ts';

/** Bytes that are looked at to tell how a text is encoded. */
const SAMPLE = 8192;

/** Encodings in which a character may take several bytes, in the order that decides between equals. */
const MULTI_BYTE = ['Shift_JIS', 'EUC-JP', 'EUC-KR', 'GB18030', 'Big5'];
/** Certain enough of these: their bytes form few pairs by chance. */
const MULTI_BYTE_CONFIDENCE = 50;
/** Alphabets that share no letters with Latin: rarely mistaken. */
const OTHER_SCRIPTS = /^(?:windows-125[136]|KOI8-R|ISO-8859-[5678])$/;
/** Latin alphabets beside that of Western Europe, whose letters they share: they have to be clearly better. */
const OTHER_LATIN = /^(?:windows-125[04]|ISO-8859-[29])$/;
const LEAD = 1.3;
/** Two words are too few to tell Polish from French. */
const LEAST_LETTERS = 12;
const CONFIDENCE = 20;
/** From here on an alphabet is believed before the shape of the bytes is looked at. */
const CERTAIN = 38;
/** Bytes that Windows' Latin alphabet leaves empty, and others do not. */
const NOT_WESTERN = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

/** What the names of ISO mean in practice, as browsers read them: Windows' supersets. */
const SUPERSETS: Record<string, string> = {
  'ISO-8859-1': 'windows-1252',
  'ISO-8859-8': 'windows-1255',
  'ISO-8859-9': 'windows-1254',
};

/** The encoding's name as TextDecoder writes it, or null when it knows none of that name. */
function known(label: string): string | null {
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function decodesAs(bytes: Uint8Array, label: string): boolean {
  try {
    new TextDecoder(label, { fatal: true }).decode(bytes);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Letters, marks, digits, punctuation and blanks: what a text in UTF-16 is made of. */
const WRITTEN = /^[\p{L}\p{M}\p{N}\p{P}\p{Z}\p{Sm}\p{Sc}\t\n\r\f]$/u;
const USUAL = /[ \n\u3000\u3001\u3002\uff0c\uff1a.,]/g;

/** Whether bytes with control codes among them are text in this order of UTF-16: data and the wrong order give rarities. */
function isWritten(sample: Uint8Array, order: string): boolean {
  if (!decodesAs(sample, order)) return false;
  const text = new TextDecoder(order).decode(sample);
  const characters = [...text];
  const strange = characters.filter((character) => !WRITTEN.test(character)).length;
  return strange <= characters.length * 0.005 && (text.match(USUAL)?.length ?? 0) >= characters.length * 0.02;
}

/** UTF-16 by its mark; without one by the NUL bytes that every other byte of Latin text then is, or by what it says. */
export function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, SAMPLE);
  if (sample.length < 4 || bytes.length % 2 !== 0) return null;
  const nul = [0, 0];
  let controls = 0;
  for (let i = 0; i < sample.length; i++) {
    if (sample[i] === 0) nul[i % 2]! += 1;
    if (sample[i]! < 9 || (sample[i]! > 13 && sample[i]! < 27)) controls += 1;
  }
  const half = sample.length / 2;
  const [even, odd] = [nul[0]! / half, nul[1]! / half];
  const order = odd > 0.5 && even < 0.02 ? 'utf-16le' : even > 0.5 && odd < 0.02 ? 'utf-16be' : null;
  if (order !== null) return decodesAs(sample, order) ? order : null;
  if (controls < 2 || controls < sample.length * 0.005) return null;
  return (['utf-16le', 'utf-16be'] as const).find((one) => isWritten(sample, one)) ?? null;
}

/** What a page, a stylesheet or XML says of itself, in the first kilobyte as the HTML standard has it. */
function declared(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const label =
    /<meta\b[^>]{0,500}?\bcharset\s*=\s*["']?([\w:.-]{2,40})/i.exec(head)?.[1] ??
    /^<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w:.-]{2,40})["']/.exec(head)?.[1] ??
    /^@charset "([\w:.-]{2,40})";/.exec(head)?.[1];
  const name = label === undefined ? null : known(label);
  // the declaration itself was read byte by byte, so this is not what the file is in
  return name?.startsWith('utf-') ? null : name;
}

/** The words with bytes beyond ASCII: English words between them would tip the balance. */
function foreignWords(bytes: Uint8Array): Uint8Array {
  const words: Uint8Array[] = [];
  const space = Buffer.from(' ');
  let size = 0;
  let start = 0;
  let isForeign = false;
  for (let i = 0; i <= bytes.length && size < SAMPLE; i++) {
    const byte = bytes[i] ?? 0x20;
    if (byte > 0x7f) isForeign = true;
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) continue;
    if (isForeign) {
      words.push(bytes.subarray(start, Math.min(i, start + SAMPLE)), space);
      size += i - start + 1;
    }
    start = i + 1;
    isForeign = false;
  }
  return Buffer.concat(words);
}

/**
 * The encoding of text that is neither UTF-8 nor UTF-16, as TextDecoder names it: what the file declares, else what its
 * bytes look like, else what Windows in Western Europe writes.
 */
export function legacyEncoding(bytes: Uint8Array): string {
  const named = declared(bytes);
  if (named !== null && decodesAs(bytes, named)) return named;
  const words = foreignWords(bytes);
  const found = analyse(words);
  const isLong = words.filter((byte) => byte > 0x7f).length >= LEAST_LETTERS;
  const confidence = (name: string) => found.find((match) => match.name === name)?.confidence ?? 0;
  const multi = MULTI_BYTE.filter((name) => confidence(name) >= MULTI_BYTE_CONFIDENCE).sort(
    (a, b) => confidence(b) - confidence(a),
  );
  const fitting = multi.find((name) => decodesAs(bytes, name));
  if (fitting !== undefined) return known(fitting) ?? 'windows-1252';
  const western = bytes.some((byte) => NOT_WESTERN.has(byte))
    ? 0
    : Math.max(confidence('ISO-8859-1'), confidence('windows-1252'));
  const single = found.find(
    ({ name, confidence: own }) =>
      (OTHER_SCRIPTS.test(name) && own >= CONFIDENCE && own > western) ||
      (OTHER_LATIN.test(name) && own >= (western === 0 ? 1 : CONFIDENCE) && isLong && own > western * LEAD),
  );
  const isCertain = single !== undefined && single.confidence >= CERTAIN && !hasMacintoshLetters(words);
  const byShape = isCertain
    ? null
    : (pairedEncoding(words, (name) => decodesAs(bytes, name)) ?? unknownToChardet(words));
  return byShape ?? (single && known(SUPERSETS[single.name] ?? single.name)) ?? 'windows-1252';
}
