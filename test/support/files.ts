import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { crc32, createDeflate, deflateRawSync, deflateSync } from 'node:zlib';

/** Small real files, made on the spot. */

/** A ZIP file of these parts, deflated. */
export function zip(parts: Record<string, string | Buffer>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(parts)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(title.length, 22);
    const head = Buffer.concat([Buffer.from('504b0304', 'hex'), common, title, packed]);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('504b01021400', 'hex'), common, entry, title]));
    local.push(head);
    offset += head.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('504b0506', 'hex');
  end.writeUInt16LE(central.length, 8);
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

const escaped = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export interface Paragraph {
  text: string;
  heading?: number;
}

/** A DOCX of paragraphs, some of them headings, and a table when there are rows. */
export function docx(
  paragraphs: Paragraph[],
  { title = '', table = [] as string[][], more = {} } = {},
): Buffer {
  const paragraph = ({ text, heading }: Paragraph) =>
    `<w:p>${heading ? `<w:pPr><w:pStyle w:val="Heading${heading}"/></w:pPr>` : ''}<w:r><w:t xml:space="preserve">${escaped(text)}</w:t></w:r></w:p>`;
  const rows = table.map(
    (row) => `<w:tr>${row.map((cell) => `<w:tc>${paragraph({ text: cell })}</w:tc>`).join('')}</w:tr>`,
  );
  const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  const package_ = 'http://schemas.openxmlformats.org/package/2006';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  const style = (n: number) =>
    `<w:style w:type="paragraph" w:styleId="Heading${n}"><w:name w:val="heading ${n}"/></w:style>`;
  return zip({
    '[Content_Types].xml': `${xml}<Types xmlns="${package_}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`,
    '_rels/.rels': `${xml}<Relationships xmlns="${package_}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`,
    'word/_rels/document.xml.rels': `${xml}<Relationships xmlns="${package_}/relationships"><Relationship Id="s" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    'word/styles.xml': `${xml}<w:styles xmlns:w="${word}">${[1, 2, 3].map(style).join('')}</w:styles>`,
    'docProps/core.xml': `${xml}<cp:coreProperties xmlns:cp="${package_}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${escaped(title).replaceAll('&#38;', '&amp;')}</dc:title></cp:coreProperties>`,
    'word/document.xml': `${xml}<w:document xmlns:w="${word}"><w:body>${paragraphs.map(paragraph).join('')}${rows.length > 0 ? `<w:tbl>${rows.join('')}</w:tbl>` : ''}</w:body></w:document>`,
    ...more,
  });
}

/** A PDF of pages of lines, each of plain letters; a page without lines shows nothing. */
export function pdf(pages: string[][], about: AboutPdf = {}): Buffer {
  const contents = pages.map((lines) => {
    const shown = lines.map((line) => `(${line.replace(/[\\()]/g, '\\$&')}) Tj T*`).join('\n');
    return `BT /F1 12 Tf 14 TL 72 720 Td\n${shown}\nET`;
  });
  return drawnPdf(contents, about);
}

interface AboutPdf {
  title?: string;
  language?: string;
  password?: boolean;
  /** Beside /F1, which is Helvetica. */
  fonts?: Record<string, string>;
}

/** A PDF whose pages are drawn by these operators. */
export function drawnPdf(
  contents: string[],
  { title = '', language = '', password = false, fonts = {} }: AboutPdf = {},
): Buffer {
  const objects: string[] = [];
  const font = 3;
  const pageOf = (n: number) => 4 + 2 * n;
  objects[1] = `<< /Type /Catalog /Pages 2 0 R ${language ? `/Lang (${language})` : ''} >>`;
  objects[2] = `<< /Type /Pages /Count ${contents.length} /Kids [${contents.map((_, n) => `${pageOf(n)} 0 R`).join(' ')}] >>`;
  objects[font] = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';
  const named = Object.entries(fonts).map(([name, object]) => `/${name} ${object}`);
  for (const [n, content] of contents.entries()) {
    objects[pageOf(n)] =
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 ${font} 0 R ${named.join(' ')} >> >> /Contents ${pageOf(n) + 1} 0 R >>`;
    objects[pageOf(n) + 1] =
      `<< /Length ${Buffer.byteLength(content, 'latin1')} >>\nstream\n${content}\nendstream`;
  }
  const info = objects.length;
  objects[info] = `<< /Title (${title}) >>`;
  // nothing is encrypted; but whoever wants to read it must first know a password that fits these values
  if (password) {
    objects[info + 1] =
      `<< /Filter /Standard /V 1 /R 2 /P -4 /O <${'ab'.repeat(32)}> /U <${'cd'.repeat(32)}> >>`;
  }
  let text = '%PDF-1.4\n';
  const offsets: number[] = [];
  for (let n = 1; n < objects.length; n++) {
    offsets[n] = text.length;
    text += `${n} 0 obj\n${objects[n]}\nendobj\n`;
  }
  const table = text.length;
  const id = '0123456789abcdef'.repeat(2);
  text += `xref\n0 ${objects.length}\n0000000000 65535 f \n`;
  for (let n = 1; n < objects.length; n++) text += `${String(offsets[n]).padStart(10, '0')} 00000 n \n`;
  text += `trailer\n<< /Size ${objects.length} /Root 1 0 R /Info ${info} 0 R ${password ? `/Encrypt ${info + 1} 0 R` : ''} /ID [<${id}> <${id}>] >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

/** A PDF of some kilobytes whose only page unfolds, through two filters, to that many mebibytes of blanks. */
export async function pdfBomb(mebibytes: number): Promise<Buffer> {
  const deflate = createDeflate({ level: 9 });
  const inner = buffer(deflate);
  const blanks = Buffer.alloc(1 << 20, ' ');
  for (let n = 0; n < mebibytes; n++) if (!deflate.write(blanks)) await once(deflate, 'drain');
  deflate.end();
  const packed = deflateSync(await inner, { level: 9 });
  const head = Buffer.from(
    `%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R >>
endobj
2 0 obj
<< /Type /Pages /Count 1 /Kids [3 0 R] >>
endobj
3 0 obj
<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << >> /Contents 4 0 R >>
endobj
4 0 obj
<< /Length ${packed.length} /Filter [/FlateDecode /FlateDecode] >>
stream
`,
    'latin1',
  );
  return Buffer.concat([
    head,
    packed,
    Buffer.from('\nendstream\nendobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\n%%EOF\n', 'latin1'),
  ]);
}

const uint = (value: number, bytes: 2 | 3 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};
const box = (name: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([uint(body.length + 8, 4), Buffer.from(name), body]);
};

/** The beginnings of images of a size, by media type: what says what they are, and how large, and `tail` behind it. */
export const images: Record<string, (width: number, height: number, tail?: string) => Buffer> = {
  'image/png': (width, height, tail = '') =>
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      uint(13, 4),
      Buffer.from('IHDR'),
      uint(width, 4),
      uint(height, 4),
      Buffer.from([8, 6, 0, 0, 0]),
      Buffer.from(tail),
    ]),
  'image/jpeg': (width, height, tail = '') =>
    Buffer.concat([
      Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
      Buffer.from('ffc0001108', 'hex'),
      uint(height, 2),
      uint(width, 2),
      Buffer.from('03012200021101031101', 'hex'),
      Buffer.from(tail),
    ]),
  'image/gif': (width, height, tail = '') =>
    Buffer.concat([
      Buffer.from('GIF89a'),
      uint(width, 2).swap16(),
      uint(height, 2).swap16(),
      Buffer.from([0, 0, 0]),
      Buffer.from(`the rest of it ${tail}`),
    ]),
  'image/webp': (width, height, tail = '') =>
    Buffer.concat([
      Buffer.from('RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0', 'latin1'),
      uint(width - 1, 3).reverse(),
      uint(height - 1, 3).reverse(),
      Buffer.from(`rest ${tail}`),
    ]),
  'image/avif': (width, height, tail = '') =>
    Buffer.concat([
      box('ftyp', Buffer.from('avif\0\0\0\0avifmif1miaf')),
      box(
        'meta',
        uint(0, 4),
        box('iprp', box('ipco', box('ispe', uint(0, 4), uint(width, 4), uint(height, 4)))),
      ),
      Buffer.from(tail),
    ]),
};
