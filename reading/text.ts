import type { SkipReason } from '../import/items.ts';

/** Bytes as text, or the reason why they are not text. */
export type Decoded = { text: string } | { reason: SkipReason; detail: string };

/** How well-known binary formats begin. PDF is here because its text is not in its bytes. */
const signatures: [string, number[]][] = [
  ['PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['PNG', [0x89, 0x50, 0x4e, 0x47]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['GIF', [0x47, 0x49, 0x46, 0x38]],
  ['ZIP or an Office document', [0x50, 0x4b, 0x03, 0x04]],
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['7-Zip', [0x37, 0x7a, 0xbc, 0xaf]],
  ['Ogg', [0x4f, 0x67, 0x67, 0x53, 0x00]],
  ['ELF', [0x7f, 0x45, 0x4c, 0x46]],
  ['WebAssembly', [0x00, 0x61, 0x73, 0x6d]],
  ['Java class or Mach-O', [0xca, 0xfe, 0xba, 0xbe]],
  ['Mach-O', [0xcf, 0xfa, 0xed, 0xfe]],
  ['SQLite', [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74]],
];

/** More control bytes than this in the first part of a file, and it is data rather than damaged text. */
const CONTROL_SHARE = 0.05;
const SAMPLE_BYTES = 8192;

function binaryKind(bytes: Uint8Array): string | undefined {
  const known = signatures.find(([, signature]) => signature.every((byte, i) => bytes[i] === byte));
  if (known) return known[0];
  // These name themselves behind a length.
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (/^\0...ftyp/s.test(head)) return 'MP4 or HEIC';
  return /^RIFF....(?:WEBP|WAVE|AVI )/s.test(head) ? 'WebP, WAV or AVI' : undefined;
}

function controlShare(bytes: Uint8Array): number {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  let controls = 0;
  for (const byte of sample) {
    // Tab, line feed, form feed, carriage return and escape occur in text.
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 27) controls++;
  }
  return sample.length === 0 ? 0 : controls / sample.length;
}

function encodingOf(bytes: Uint8Array): { label: string; skip: number } {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { label: 'utf-16le', skip: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { label: 'utf-16be', skip: 2 };
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { label: 'utf-8', skip: 3 };
  return { label: 'utf-8', skip: 0 };
}

/**
 * Decodes UTF-8, or UTF-16 that begins with its byte order mark. The mark is removed and line ends become `\n`,
 * so that the same text from two systems is the same document. Nothing is guessed: what is not text is refused.
 */
export function decodeText(bytes: Uint8Array): Decoded {
  const kind = binaryKind(bytes);
  if (kind) return { reason: 'binary', detail: kind };
  const { label, skip } = encodingOf(bytes);
  const body = bytes.subarray(skip);
  if (label === 'utf-8') {
    const share = controlShare(body);
    if (share > CONTROL_SHARE) {
      return {
        reason: 'binary',
        detail: `${Math.round(share * 100)} % of its first bytes are control codes`,
      };
    }
    const nul = body.indexOf(0);
    if (nul >= 0) return { reason: 'nul_bytes', detail: `NUL at byte ${nul + skip}` };
  }
  let text: string;
  try {
    text = new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { reason: 'invalid_utf8', detail: `not valid ${label.toUpperCase()}` };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) return { reason: 'nul_bytes', detail: `NUL at character ${nul}` };
  return { text: normalizeLines(text) };
}

/** `\r\n` and lone `\r` become `\n`. */
export function normalizeLines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** The text and how many characters had to go: NUL is removed and a lone surrogate becomes U+FFFD. */
export function cleanText(text: string): { text: string; cleaned: number } {
  let cleaned = 0;
  let result = text;
  if (result.includes('\0')) {
    const before = result.length;
    result = result.replaceAll('\0', '');
    cleaned += before - result.length;
  }
  if (!result.isWellFormed()) {
    const formed = result.toWellFormed();
    for (let i = 0; i < formed.length; i++) if (formed[i] !== result[i]) cleaned++;
    result = formed;
  }
  return { text: result, cleaned };
}
