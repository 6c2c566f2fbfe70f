/** What short texts give away by the shape of their bytes, where the frequencies that chardet counts say too little. */

interface Pairs {
  /** As TextDecoder names it. */
  encoding: string;
  lead: [number, number][];
  trail: [number, number][];
  /** First bytes of what is written most: kana, hangul, punctuation, the characters of the first level. */
  common: [number, number][];
  /** A pair counts as common only with such a second byte. */
  commonTrail: number;
}

const HIGH: [number, number][] = [[0xa1, 0xfe]];

/** The narrower its common range, the earlier: of equals the first one is it. */
const PAIRED: Pairs[] = [
  {
    encoding: 'shift_jis',
    lead: [
      [0x81, 0x9f],
      [0xe0, 0xef],
    ],
    trail: [
      [0x40, 0x7e],
      [0x80, 0xfc],
    ],
    common: [
      [0x81, 0x83],
      [0x88, 0x98],
    ],
    commonTrail: 0,
  },
  {
    encoding: 'euc-kr',
    lead: [[0x81, 0xfd]],
    trail: [
      [0x41, 0x5a],
      [0x61, 0x7a],
      [0x81, 0xfe],
    ],
    common: [
      [0x81, 0xa0],
      [0xa1, 0xa1],
      [0xb0, 0xc8],
    ],
    commonTrail: 0,
  },
  {
    encoding: 'euc-jp',
    lead: HIGH,
    trail: HIGH,
    common: [
      [0xa1, 0xa1],
      [0xa4, 0xa5],
      [0xb0, 0xcf],
    ],
    commonTrail: 0xa1,
  },
  {
    encoding: 'gb18030',
    lead: [[0x81, 0xfe]],
    trail: [
      [0x40, 0x7e],
      [0x80, 0xfe],
    ],
    common: [
      [0xa1, 0xa1],
      [0xa3, 0xa3],
      [0xb0, 0xd7],
    ],
    commonTrail: 0xa1,
  },
  {
    encoding: 'big5',
    lead: [[0xa1, 0xf9]],
    trail: [[0x40, 0x7e], ...HIGH],
    common: [
      [0xa1, 0xa1],
      [0xa4, 0xc6],
    ],
    commonTrail: 0,
  },
];
const LEAST_PAIRS = 3;
/** Hangul and the simplified characters share their range: fewer pairs than this are taken for Chinese. */
const LEAST_HANGUL = 4;
const COMMON = 0.85;
/** Western text has an ASCII letter behind most of its accented ones. */
const HIGH_TRAILS = 0.4;

const within = (byte: number, ranges: [number, number][]) =>
  ranges.some(([from, to]) => byte >= from && byte <= to);

/** The share of common characters among everything beyond ASCII; 0 when the shape does not fit. */
function commonShare(bytes: Uint8Array, { encoding, lead, trail, common, commonTrail }: Pairs): number {
  let [pairs, usual, odd, high] = [0, 0, 0, 0];
  const leads = new Set<number>();
  for (let i = 0; i < bytes.length; i++) {
    const first = bytes[i]!;
    if (first < 0x80) continue;
    const second = bytes[i + 1] ?? 0;
    if (!within(first, lead) || !within(second, trail)) {
      odd += 1;
      continue;
    }
    i += 1;
    pairs += 1;
    leads.add(first);
    if (second > 0x7f) high += 1;
    if (within(first, common) && second >= commonTrail) usual += 1;
  }
  const least = encoding === 'euc-kr' ? LEAST_HANGUL : LEAST_PAIRS;
  return pairs < least || leads.size < 2 || high < pairs * HIGH_TRAILS ? 0 : usual / (pairs + odd);
}

/** The East Asian encoding whose common characters nearly all of a text's pairs are. */
export function pairedEncoding(words: Uint8Array, decodes: (encoding: string) => boolean): string | null {
  let best: { encoding: string; share: number } | null = null;
  for (const pairs of PAIRED) {
    const share = commonShare(words, pairs);
    if (share < COMMON || share <= (best?.share ?? 0) || !decodes(pairs.encoding)) continue;
    best = { encoding: pairs.encoding, share };
  }
  return best?.encoding ?? null;
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** Between letters: an accented one of Windows, in capitals also what is an apostrophe on a Macintosh. */
const WINDOWS_ACCENT = /[A-Za-z][\xc0-\xd4\xd6-\xff][A-Za-z]|[A-Z]\xd5[A-Z]/;

/** Whether letters may stand where Windows has signs that nobody writes between letters: `à`, `â`, `ê`, `ô` of old Macintoshes. */
export const hasMacintoshLetters = (bytes: Uint8Array): boolean =>
  /[A-Za-z][\x87-\x89\x8b\x90\x98\x99\x9b][A-Za-z]/.test(Buffer.from(bytes).toString('latin1'));

/** Letters of Turkish that are others in Western Europe: `ı`, `ş`, `ğ` are `ý`, `þ`, `ð` of Icelandic, which has `á`, `é`, `í`, `ú`, `æ` beside them. */
function isTurkish(text: string): boolean {
  const turkish = count(text, /[\xd0\xdd\xde\xf0\xfd\xfe]/g);
  return (
    turkish >= 3 &&
    count(text, /[\xc0-\xc6\xc8-\xcd\xe0-\xe1\xe3-\xe6\xe8-\xed\xf1-\xf5\xf8-\xfa]/g) * 10 < turkish
  );
}

/** Alphabets of one byte that chardet does not know, or not well: Thai, the Cyrillic of DOS, Turkish, the Latin of old Macintoshes. */
export function unknownToChardet(bytes: Uint8Array): string | null {
  const text = Buffer.from(bytes).toString('latin1');
  const high = count(text, /[\x80-\xff]/g);
  // a mark stands on a consonant, or on another mark
  const marks = count(text, /[\xa1-\xce\xd1\xd4-\xda\xe7-\xee][\xd1\xd4-\xda\xe7-\xee]/g);
  const isThai = !/(?:^|[^\xa1-\xce\xd1\xd4-\xda\xe7-\xee])[\xd1\xd4-\xda\xe7-\xee]/.test(text);
  if (isThai && marks >= 3 && !/[\x80-\xa0\xdb-\xde\xfc-\xff]/.test(text)) return 'windows-874';
  // Windows has quotation marks and dashes where others have letters
  const inMac = count(text, /(?<=[A-Za-z])[\x80-\x84\x86-\x90\x98-\x9f](?=[A-Za-z])/g);
  // of those, what Windows has no letter for, or only a capital, which does not stand behind a small one
  const never = count(
    text,
    /(?<=[A-Za-z])[\x80-\x84\x86-\x89\x8b\x8d\x8f\x90\x98\x99\x9b\x9d\x9f](?=[A-Za-z])|(?<=[a-z])[\x8a\x8c\x8e](?=[a-z])/g,
  );
  const cyrillic = count(text, /[\x80-\xaf\xe0-\xf1]/g);
  const small = count(text, /[\xa0-\xaf\xe0-\xef]/g);
  if (high >= 8 && cyrillic >= high * 0.97 && small >= high * 0.6 && inMac === 0) return 'ibm866';
  if (isTurkish(text)) return 'windows-1254';
  return never >= 1 && inMac >= 2 && !WINDOWS_ACCENT.test(text) ? 'macintosh' : null;
}
