import { describe, expect, test } from 'vitest';
import { limits } from '../../reading/extraction.ts';
import { type OfficeFormat, readOffice } from '../../reading/office.ts';
import { zip } from '../support/files.ts';
import { epub, openDocument, pptx, xlsx } from '../support/office.ts';

const textOf = async (bytes: Buffer, format: OfficeFormat) => (await readOffice(bytes, format)).text;

describe('what is kept', () => {
  test('slides in the order in which they are shown, under their titles, with what the speaker says', async () => {
    const deck = pptx([
      { title: 'Why tides', lines: ['The moon pulls', 'so does the sun'], notes: 'Pause here' },
      { title: 'Neap &amp; spring', lines: ['Twice a month'] },
    ]);
    expect(await textOf(deck, 'pptx')).toBe(
      '## Slide 1: Why tides\n\nThe moon pulls\n\nso does the sun\n\nNotes: Pause here\n\n## Slide 2: Neap & spring\n\nTwice a month',
    );
  });

  test('sheets as tables under their names, dates as dates', async () => {
    const book = xlsx({
      Harbours: [
        [
          '<c r="A1" t="inlineStr"><is><t>Port</t></is></c>',
          '<c r="C1" t="inlineStr"><is><t>Due</t></is></c>',
        ],
        [
          '<c r="A2" t="inlineStr"><is><t>Oslo</t></is></c>',
          '<c r="B2"><f>2*5</f><v>10</v></c>',
          '<c r="C2" s="1"><v>45000</v></c>',
        ],
        ['<c r="A3"><v>45000</v></c>', '<c r="C3" s="2"><v>45000.25</v></c>'],
      ],
      Boats: [['<c r="A1" t="inlineStr"><is><t>Ketch</t></is></c>']],
    });
    expect(await textOf(book, 'xlsx')).toBe(
      [
        '## Harbours',
        '| Port |  | Due |\n| --- | --- | --- |\n| Oslo | 10 | 2023-03-15 |\n| 45000 |  | 2023-03-15 06:00 |',
        '## Boats',
        '| Ketch |',
      ].join('\n\n'),
    );
  });

  test('headings, lists, notes and comments of OpenDocument; its sheets and slides', async () => {
    const text = openDocument(
      'text',
      '<text:h text:outline-level="1">Bilbies</text:h><text:p>They dig<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>At night</text:p></text:note-body></text:note>.<office:annotation><dc:creator>Bea</dc:creator><text:p>Where?</text:p></office:annotation></text:p>',
    );
    expect(await textOf(text, 'odt')).toBe(
      '# Bilbies\n\nThey dig [Note: At night]. [Comment by Bea: Where?]',
    );
    const sheet = openDocument(
      'spreadsheet',
      '<table:table table:name="Tides"><table:table-row><table:table-cell office:value-type="string"><text:p>High</text:p></table:table-cell><table:table-cell table:number-columns-repeated="1000"/></table:table-row><table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row></table:table>',
    );
    expect(await textOf(sheet, 'ods')).toBe('## Tides\n\n| High |');
    const slides = openDocument(
      'presentation',
      '<draw:page draw:name="p"><draw:frame presentation:class="title"><draw:text-box><text:p>Numbats</text:p></draw:text-box></draw:frame><draw:frame><draw:text-box><text:p>eat termites</text:p></draw:text-box></draw:frame></draw:page>',
    );
    expect(await textOf(slides, 'odp')).toBe('## Slide 1: Numbats\n\neat termites');
  });

  test('a book in the order of its chapters, with its title and language', async () => {
    const book = epub('The quoll', ['<h1>One</h1><p>Quolls hunt.</p>', '<h1>Two</h1><p>They sleep.</p>']);
    expect(await readOffice(book, 'epub')).toMatchObject({
      text: '# One\n\nQuolls hunt.\n\n# Two\n\nThey sleep.',
      title: 'The quoll',
      language: 'en',
    });
  });

  test('RTF with its characters, tables and notes, and without its pictures', async () => {
    const rtf = Buffer.from(
      String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Times;}}\pard Gr\'fc\u223?e \u28526?\par{\pict\pngblip 89504e470d0a1a0a}\trowd\cellx100\cellx200 a\cell b\cell\row\pard End.{\footnote Below}\par}`,
    );
    const text = await textOf(rtf, 'rtf');
    expect(text).toContain('Grüße 潮');
    expect(text).toContain('| a | b |');
    expect(text).toContain('End. [Note: Below]');
    expect(text).not.toContain('89504e');
  });
});

describe('what is not whole', () => {
  test.each<[OfficeFormat, Record<string, string>, string]>([
    [
      'pptx',
      {
        'ppt/slides/slide2.xml': '<s><a:t>two</a:t></s>',
        'ppt/slides/slide10.xml': '<a:p><a:t>ten</a:t></a:p>',
      },
      'two\n\nten',
    ],
    [
      'odt',
      { 'content.xml': '<office><text:p>first</text:p><text:p>second</text:p></office>' },
      'first\nsecond',
    ],
    ['epub', { 'OEBPS/1.xhtml': '<html><body>chapter</body></html>' }, 'chapter'],
  ])('gives the words of a %s that are there, and says so', async (format, parts, text) => {
    expect(await readOffice(zip(parts), format)).toMatchObject({
      text,
      warnings: [{ kind: 'left_out', message: expect.stringContaining('not whole') }],
    });
  });

  test('is refused when it is something else, or protected', async () => {
    const refused = (bytes: Buffer, format: OfficeFormat, code: string) =>
      expect(readOffice(bytes, format)).rejects.toMatchObject({ code });
    await refused(zip({ 'readme.txt': 'hello' }), 'pptx', 'CQ322');
    await refused(pptx([]).subarray(0, 300), 'pptx', 'CQ322');
    await refused(Buffer.from('no RTF at all'), 'rtf', 'CQ322');
    await refused(Buffer.from(`d0cf11e0a1b11ae1${'00'.repeat(600)}`, 'hex'), 'xlsx', 'CQ320');
    await refused(openDocument('text', '', { encrypted: true }), 'odt', 'CQ320');
  });

  test('is not unfolded when it unfolds to far more than it is', async () => {
    const bomb = pptx([{ title: 'x', lines: [] }], {
      more: { 'ppt/media/a': Buffer.alloc(limits.unpacked + 1) },
    });
    expect(bomb.length).toBeLessThan(limits.unpacked / 500);
    await expect(readOffice(bomb, 'pptx')).rejects.toMatchObject({ code: 'CQ323' });
  });
});
