import { isUtf8 } from 'node:buffer';
import yauzl, { type Entry } from 'yauzl';
import { legacyEncoding } from '../../../reading/encoding.ts';

/** The bit that says that a name is UTF-8. */
const UTF8_FLAG = 0x800;
/** Info-ZIP's field with the name in UTF-8 beside one in another encoding. */
const UNICODE_PATH = 0x7075;
/** What programs on a Japanese, Chinese or Korean system write without saying so. */
const MULTI_BYTE = /^(?:shift_jis|euc-jp|euc-kr|gbk|gb18030|big5|ibm866)$/;
/** Enough names to tell an encoding by. */
const SAMPLE = 4096;

/** How the names of one ZIP are written that say nothing about it: one encoding for all of them. */
export interface NameEncoding {
  /** As TextDecoder names it; null is what ZIP files were invented with, code page 437. */
  name: string | null;
}

/** Whether a name says how it is written, or looks like the one encoding that hardly another text looks like. */
export function saysUtf8({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): boolean {
  return (
    (generalPurposeBitFlag & UTF8_FLAG) !== 0 ||
    isUtf8(fileNameRaw) ||
    extraFields.some(({ id }) => id === UNICODE_PATH)
  );
}

/** Collects the names that do not say how they are written, and then tells how they look. */
export function nameCollector(): { add: (entry: Entry) => void; encoding: () => NameEncoding } {
  const names: Buffer[] = [];
  let size = 0;
  return {
    add(entry) {
      if (size >= SAMPLE || saysUtf8(entry)) return;
      names.push(entry.fileNameRaw, Buffer.from(' '));
      size += entry.fileNameRaw.length + 1;
    },
    encoding() {
      const found = size === 0 ? '' : legacyEncoding(Buffer.concat(names));
      return { name: MULTI_BYTE.test(found) ? found : null };
    },
  };
}

function decode(entry: Entry, encoding: NameEncoding): string {
  const { fileNameRaw, generalPurposeBitFlag, extraFields } = entry;
  // Many programs write UTF-8 without saying so; hardly another text is valid UTF-8 by chance.
  if (isUtf8(fileNameRaw) || (generalPurposeBitFlag & UTF8_FLAG) !== 0) return fileNameRaw.toString('utf8');
  if (encoding.name === null || saysUtf8(entry))
    return yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, true);
  return new TextDecoder(encoding.name).decode(fileNameRaw);
}

/** Where an entry belongs, as `a/b.md`; what is wrong when it would leave the folder that it is unpacked into. */
export function entryPath(
  entry: Entry,
  encoding: NameEncoding,
): { path: string; isFolder: boolean } | { name: string; problem: string } {
  const name = decode(entry, encoding).replaceAll('\\', '/').toWellFormed();
  if (name.includes('\0')) return { name, problem: 'NUL in its name' };
  if (name.startsWith('/') || /^[a-z]:/i.test(name))
    return { name, problem: 'an absolute path: it would leave the folder' };
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return { name, problem: 'a path with "..": it would leave the folder' };
  return { path: parts.join('/'), isFolder: name.endsWith('/') || parts.length === 0 };
}
