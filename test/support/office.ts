import { zip } from './files.ts';

/** Small documents of office programs, made on the spot. */

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const DRAWING = 'http://schemas.openxmlformats.org/drawingml/2006/main';
const SLIDES = 'http://schemas.openxmlformats.org/presentationml/2006/main';
const SHEETS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';

type Relation = [id: string, kind: string, target: string];
const relations = (all: Relation[]) =>
  `${XML}<Relationships xmlns="${PACKAGE}/relationships">${all
    .map(([id, kind, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${kind}" Target="${target}"/>`)
    .join('')}</Relationships>`;
const types = (part: string, kind: string) =>
  `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="${part}" ContentType="application/vnd.openxmlformats-officedocument.${kind}.main+xml"/></Types>`;
const paragraph = (text: string) => `<a:p><a:r><a:t>${text}</a:t></a:r></a:p>`;
const shape = (kind: string, lines: string[]) =>
  `<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr><p:ph ${kind}/></p:nvPr></p:nvSpPr><p:txBody>${lines.map(paragraph).join('')}</p:txBody></p:sp>`;

export interface Slide {
  title: string;
  lines: string[];
  notes?: string;
}

/** A PPTX whose first file holds the last slide: the order is the presentation's. */
export function pptx(slides: Slide[], { more = {} } = {}): Buffer {
  const file = (i: number) => slides.length - i;
  const parts: Record<string, string> = {};
  for (const [i, { title, lines, notes }] of slides.entries()) {
    const tree = (shapes: string) => `<p:cSld><p:spTree>${shapes}</p:spTree></p:cSld>`;
    parts[`ppt/slides/slide${file(i)}.xml`] =
      `${XML}<p:sld xmlns:p="${SLIDES}" xmlns:a="${DRAWING}">${tree(shape('type="title"', [title]) + shape('idx="1"', lines))}</p:sld>`;
    if (notes === undefined) continue;
    parts[`ppt/slides/_rels/slide${file(i)}.xml.rels`] = relations([
      ['n', 'notesSlide', `../notesSlides/notesSlide${file(i)}.xml`],
    ]);
    parts[`ppt/notesSlides/notesSlide${file(i)}.xml`] =
      `${XML}<p:notes xmlns:p="${SLIDES}" xmlns:a="${DRAWING}">${tree(shape('type="body"', [notes]))}</p:notes>`;
  }
  return zip({
    '[Content_Types].xml': types('/ppt/presentation.xml', 'presentationml.presentation'),
    '_rels/.rels': relations([['r', 'officeDocument', 'ppt/presentation.xml']]),
    'ppt/presentation.xml': `${XML}<p:presentation xmlns:p="${SLIDES}" xmlns:r="${OFFICE}"><p:sldIdLst>${slides.map((_, i) => `<p:sldId id="${256 + i}" r:id="s${i}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      slides.map((_, i): Relation => [`s${i}`, 'slide', `slides/slide${file(i)}.xml`]),
    ),
    ...parts,
    ...more,
  });
}

/** Cells as their XML: `<c r="A1"><v>1</v></c>`. Style 1 is a date, style 2 a date with its time. */
export function xlsx(sheets: Record<string, string[][]>): Buffer {
  const names = Object.keys(sheets);
  const sheet = (rows: string[][]) =>
    `${XML}<worksheet xmlns="${SHEETS}"><sheetData>${rows.map((cells, i) => `<row r="${i + 1}">${cells.join('')}</row>`).join('')}</sheetData></worksheet>`;
  return zip({
    '[Content_Types].xml': types('/xl/workbook.xml', 'spreadsheetml.sheet'),
    '_rels/.rels': relations([['r', 'officeDocument', 'xl/workbook.xml']]),
    'xl/workbook.xml': `${XML}<workbook xmlns="${SHEETS}" xmlns:r="${OFFICE}"><sheets>${names.map((name, i) => `<sheet name="${name}" sheetId="${i + 1}" r:id="s${i}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...names.map((_, i): Relation => [`s${i}`, 'worksheet', `worksheets/sheet${i + 1}.xml`]),
      ['t', 'styles', 'styles.xml'],
    ]),
    'xl/styles.xml': `${XML}<styleSheet xmlns="${SHEETS}"><numFmts count="1"><numFmt numFmtId="170" formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="170" applyNumberFormat="1"/></cellXfs></styleSheet>`,
    ...Object.fromEntries(names.map((name, i) => [`xl/worksheets/sheet${i + 1}.xml`, sheet(sheets[name]!)])),
  });
}

const OASIS = 'urn:oasis:names:tc:opendocument:xmlns';
const NAMESPACES = ['office', 'text', 'table', 'draw', 'presentation', 'manifest']
  .map((name) => `xmlns:${name}="${OASIS}:${name}:1.0"`)
  .join(' ');

/** ODT, ODS, ODP by the element that holds the content. */
export function openDocument(
  kind: 'text' | 'spreadsheet' | 'presentation',
  body: string,
  { encrypted = false } = {},
): Buffer {
  const type = `application/vnd.oasis.opendocument.${kind}`;
  return zip({
    mimetype: type,
    'META-INF/manifest.xml': `${XML}<manifest:manifest ${NAMESPACES}><manifest:file-entry manifest:full-path="/" manifest:media-type="${type}"/>${encrypted ? '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>' : ''}</manifest:manifest>`,
    'content.xml': `${XML}<office:document-content ${NAMESPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
  });
}

/** A book whose chapters are packed in the wrong order. */
export function epub(title: string, chapters: string[]): Buffer {
  const ids = chapters.map((_, i) => `c${i}`);
  return zip({
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': `${XML}<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`,
    'OEBPS/content.opf': `${XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title><dc:language>en</dc:language></metadata><manifest>${[
      ...ids,
    ]
      .reverse()
      .map((id) => `<item id="${id}" href="${id}.xhtml" media-type="application/xhtml+xml"/>`)
      .join('')}</manifest><spine>${ids.map((id) => `<itemref idref="${id}"/>`).join('')}</spine></package>`,
    ...Object.fromEntries(
      ids
        .map((id, i) => [
          `OEBPS/${id}.xhtml`,
          `<html xmlns="http://www.w3.org/1999/xhtml"><body>${chapters[i]}</body></html>`,
        ])
        .reverse(),
    ),
  });
}
