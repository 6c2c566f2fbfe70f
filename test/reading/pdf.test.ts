import { describe, expect, test } from 'vitest';
import { joinHyphenated } from '../../reading/hyphens.ts';
import { readPdf } from '../../reading/pdf.ts';
import { drawnPdf, pdf } from '../support/files.ts';

const read = (bytes: Buffer) => readPdf(new Uint8Array(bytes));
const textOf = async (bytes: Buffer) => (await read(bytes)).text;

/** Text at a place, in points from the lower left corner. */
const at = (x: number, y: number, text: string, font = 'F1') =>
  `BT /${font} 11 Tf ${x} ${y} Td ${font === 'F1' ? `(${text})` : `<${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`} Tj ET`;

/** A font that says what it shows by one of Adobe's maps, and by nothing else. */
const eastAsian = (encoding: string, ordering: string) =>
  `<< /Type /Font /Subtype /Type0 /BaseFont /Some /Encoding /${encoding} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Some /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /Some /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>] >>`;

describe('fonts', () => {
  test.each([
    ['UniJIS-UCS2-H', 'Japan1', '灯台の光は遠くまで届く。'],
    ['UniGB-UCS2-H', 'GB1', '灯塔的光照得很远。'],
    ['UniCNS-UCS2-H', 'CNS1', '燈塔的光照得很遠。'],
    ['UniKS-UCS2-H', 'Korea1', '등대의 빛은 멀리 비친다.'],
  ])('%s is read, beside letters of a usual font', async (encoding, ordering, text) => {
    const bytes = drawnPdf([`${at(72, 700, 'The lighthouse:')}\n${at(72, 680, text, 'F2')}`], {
      fonts: { F2: eastAsian(encoding, ordering) },
    });
    expect(await read(bytes)).toMatchObject({ text: `The lighthouse:\n${text}`, warnings: [] });
  });

  test('words in a font that cannot be used are left out, and that is said', async () => {
    const fonts = { F2: eastAsian('No-Such-Map-H', 'Japan1') };
    const mixed = drawnPdf([`${at(72, 700, 'The lighthouse')}\n${at(72, 680, '灯台', 'F2')}`], { fonts });
    expect(await read(mixed)).toMatchObject({
      text: 'The lighthouse',
      warnings: [{ kind: 'left_out', message: expect.stringContaining('1 fonts') }],
    });
    await expect(read(drawnPdf([at(72, 680, '灯台', 'F2')], { fonts }))).rejects.toMatchObject({
      code: 'CQ321',
      message: expect.stringContaining('fonts do not say'),
    });
  });
});

describe('columns', () => {
  const left = ['The lamp of the old', 'lighthouse was lit', 'by oil until the year', 'in which power came.'];
  const right = [
    'Herring gulls nest on',
    'the roof of the store',
    'and leave it when the',
    'autumn gales begin.',
  ];
  const rows = (a: string[], b: string[]) =>
    a.map((line, i) => `${at(72, 700 - 14 * i, line)}\n${at(320, 700 - 14 * i, b[i]!)}`);

  test('that were drawn row by row are read one behind the other, between lines over both', async () => {
    const heading = at(72, 730, 'A report about the lighthouse and all of its inhabitants, birds among them');
    const drawn = [heading, ...rows(left, right)];
    expect(await textOf(drawnPdf([drawn.join('\n')]))).toBe(
      ['A report about the lighthouse and all of its inhabitants, birds among them', ...left, ...right].join(
        '\n',
      ),
    );
    const third = [
      'Seals rest on rocks',
      'that the low tide has',
      'left dry, and go when',
      'the water comes back.',
    ];
    const three = left.map((line, i) =>
      [at(40, 700 - 14 * i, line), at(230, 700 - 14 * i, right[i]!), at(420, 700 - 14 * i, third[i]!)].join(
        '\n',
      ),
    );
    expect(await textOf(drawnPdf([three.join('\n')]))).toBe([...left, ...right, ...third].join('\n'));
  });

  test('of a table are not: its rows are what belongs together', async () => {
    const harbours = ['Oslo fjord harbour', 'Port of Bergen', 'Old Stavanger quay', 'Inner Narvik basin'];
    const depths = ['ten metres at low tide', 'twelve metres', 'nine metres', 'thirty metres'];
    const text = await textOf(drawnPdf([rows(harbours, depths).join('\n')]));
    expect(text.split('\n').map((line) => line.replace(/\s+/g, ' '))).toEqual(
      harbours.map((harbour, i) => `${harbour} ${depths[i]}`),
    );
  });
});

describe('words divided at the end of a line', () => {
  test('are joined, also over the end of a page', async () => {
    expect(await textOf(pdf([['The obser-', 'vatory stands', 'on the moun-'], ['tain top.']]))).toBe(
      'The observatory\nstands\non the mountain\ftop.',
    );
  });

  test.each([
    ['a well-\nknown keeper, well-known', 'a well-known\nkeeper, well-known'],
    ['the Anglo-\nSaxon word', 'the Anglo-Saxon\nword'],
    ['self-\nmade', 'self-made\n'],
    ['Vor-\nund Nachteile', 'Vor-\nund Nachteile'],
    ['in 2020-\n2021', 'in 2020-\n2021'],
    ['Schiff\u00adfahrt und Leucht\u00ad\nturm.', 'Schifffahrt und Leuchtturm.\n'],
    ['co-\noperate, later cooperate', 'cooperate,\nlater cooperate'],
    ['a dash -\nthen more', 'a dash -\nthen more'],
  ])('%j', (text, joined) => {
    expect(joinHyphenated(text)).toBe(joined);
  });
});

test.each([
  ['untitled', null],
  ['Microsoft Word - tides.doc', null],
  ['tides_final_v2.indd', null],
  ['PowerPoint Presentation', null],
  ['Dokument1', null],
  ['Untitled stories of the coast: a reader', 'Untitled stories of the coast: a reader'],
  ['Document handling in small harbours', 'Document handling in small harbours'],
])('the title "%s" counts as %j', async (title, kept) => {
  expect((await read(pdf([['Tides']], { title }))).title).toBe(kept);
});
