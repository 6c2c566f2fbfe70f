import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openExtractor } from '../../reading/extract.ts';
import { type Extractor, limits } from '../../reading/extraction.ts';
import { docx, pdf, pdfBomb, zip } from '../support/files.ts';
import { pptx } from '../support/office.ts';

const files = openExtractor();
afterAll(() => files.close());

const extract = (extractor: Extractor, content: string | Uint8Array, name = 'file', signal?: AbortSignal) =>
  files.extract({ bytes: Buffer.from(content as string), extractor, name }, signal);

function refuses(
  extractor: Extractor,
  content: string | Uint8Array,
  code: string,
  words: string | RegExp = '',
) {
  return expect(extract(extractor, content)).rejects.toMatchObject({
    code,
    message: typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
    hint: expect.stringMatching(/\w/),
  });
}

describe('PDF', () => {
  test('the text of every page, where each begins and ends, its title and language', async () => {
    const result = await extract(
      'pdf',
      pdf([['Cats sleep', 'all day.'], [], ['Dogs (mostly) bark.']], { title: 'Pets', language: 'en-GB' }),
    );
    expect(result).toMatchObject({ contentType: 'text', title: 'Pets', encoding: null });
    expect(result.pages.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(result.pages.map(({ start, end }) => result.text.slice(start, end))).toEqual([
      'Cats sleep\nall day.',
      '',
      'Dogs (mostly) bark.',
    ]);
    expect(result.text.split('\f')).toHaveLength(3);
    expect(result.warnings).toMatchObject([
      { kind: 'pages_without_text', message: '1 of 3 pages have no text' },
    ]);
    expect(result.language).toBe('en-GB');
  });

  test('one that is protected, scanned, damaged, empty or none at all is refused with its reason', async () => {
    await refuses('pdf', pdf([['secret']], { password: true }), 'CQ320', 'password');
    await refuses('pdf', pdf([[], []]), 'CQ321', '2 pages');
    await refuses('pdf', '%PDF-1.4\nand then nothing', 'CQ322');
    await refuses('pdf', 'GIF89a', 'CQ322');
    await refuses('pdf', '', 'CQ324', 'empty');
  });

  test('one with its end cut off is either read or refused, never more', async () => {
    const whole = pdf([['one page']]);
    for (const share of [0.3, 0.6, 0.9]) {
      const outcome = await extract('pdf', whole.subarray(0, whole.length * share)).catch(
        (error) => error.code,
      );
      if (typeof outcome === 'string') expect(outcome).toMatch(/^CQ32[12]$/);
      else expect(outcome.text).toBe('one page');
    }
  });
});

describe('DOCX', () => {
  test('headings, paragraphs and tables become markdown; title and special characters are kept', async () => {
    const file = docx(
      [
        { text: 'Animals & plants', heading: 1 },
        { text: 'A kitten < a cat 😀' },
        { text: 'Feeding', heading: 2 },
        { text: 'Twice a day.' },
      ],
      { title: 'Care & cost', table: [['food', '3 €']] },
    );
    const result = await extract('docx', file);
    expect(result).toMatchObject({ contentType: 'markdown', title: 'Care & cost', pages: [], warnings: [] });
    expect(result.text).toMatch(
      /^# Animals & plants\n\nA kitten < a cat 😀\n\n## Feeding\n\nTwice a day\.\n/,
    );
    expect(result.text).toMatch(/food\s+3 €/);
    expect((await extract('docx', docx([{ text: 'Only heading', heading: 1 }]))).title).toBe('Only heading');
  });

  test('comments, headers, fields and equations are kept; what is hidden or deleted is not', async () => {
    const word = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
    const math = 'http://schemas.openxmlformats.org/officeDocument/2006/math';
    const run = (text: string, properties = '') =>
      `<w:r>${properties}<w:t xml:space="preserve">${text}</w:t></w:r>`;
    const body = [
      `${run('The price')}<w:r><w:commentReference w:id="7"/></w:r>`,
      `<w:fldSimple w:instr="REF x">${run('in a field')}</w:fldSimple>`,
      `<m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup><m:r><m:t>=</m:t></m:r><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>`,
      `${run('shown', '<w:rPr><w:vanish w:val="0"/></w:rPr>')}${run('hidden', '<w:rPr><w:vanish/></w:rPr>')}${run('secret', '<w:rPr><w:rStyle w:val="Ghost"/></w:rPr>')}<w:del w:id="1"><w:r><w:delText>deleted</w:delText></w:r></w:del>`,
    ].map((paragraph) => `<w:p>${paragraph}</w:p>`);
    const part = (name: string, inner: string) =>
      `<w:${name} xmlns:w="${word}" xmlns:m="${math}">${inner}</w:${name}>`;
    const { text } = await extract(
      'docx',
      docx([], {
        more: {
          'word/document.xml': part('document', `<w:body>${body.join('')}</w:body>`),
          'word/comments.xml': part(
            'comments',
            `<w:comment w:id="7" w:author="Bea &amp; Co"><w:p>${run('too high')}</w:p></w:comment><w:comment w:id="8" w:author="Cy"><w:p>${run('lost')}</w:p></w:comment>`,
          ),
          'word/styles.xml': part(
            'styles',
            '<w:style w:styleId="Ghost"><w:rPr><w:vanish/></w:rPr></w:style>',
          ),
          'word/header1.xml': part('hdr', `<w:p>${run('Acme')}</w:p>`),
          'word/footer1.xml': part('ftr', `<w:p>${run('Page 1 of 9')}</w:p>`),
        },
      }),
    );
    expect(text).toBe(
      'The price [Comment by Bea & Co: too high]\n\nin a field\n\nx^2=(a+b)/2\n\nshown\n\nComment by Cy: lost\n\nHeader: Acme',
    );
  });

  test('one that is protected, damaged, empty or something else is refused with its reason', async () => {
    const whole = docx([{ text: 'hello' }]);
    await refuses(
      'docx',
      Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]),
      'CQ320',
    );
    await refuses('docx', whole.subarray(0, whole.length - 40), 'CQ322', 'ZIP');
    const broken = Buffer.from(whole);
    broken.fill(0x41, broken.indexOf('word/document.xml') + 20, broken.indexOf('word/document.xml') + 60);
    await refuses('docx', broken, 'CQ322');
    await refuses('docx', docx([{ text: '' }]), 'CQ324');
    await refuses('docx', zip({ 'readme.txt': 'hello' }), 'CQ326', 'not a DOCX');
    await refuses('docx', 'hello', 'CQ322');
    await refuses('docx', docx([], { more: { 'word/document.xml': '<w:document' } }), 'CQ322');
  });

  test('one that unfolds to far more than it is, is not unfolded', async () => {
    const bomb = docx([{ text: 'hello' }], { more: { 'word/media/a': Buffer.alloc(limits.unpacked + 1) } });
    expect(bomb.length).toBeLessThan(limits.unpacked / 500);
    await refuses('docx', bomb, 'CQ323', '128 MiB');
    const lying = Buffer.from(bomb);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(limits.unpacked + 1);
    for (let at = lying.indexOf(size); at !== -1; at = lying.indexOf(size, at)) lying.writeUInt32LE(5, at);
    await refuses('docx', lying, 'CQ322');
    const many = Object.fromEntries(Array.from({ length: limits.entries }, (_, i) => [`word/${i}`, '']));
    await refuses('docx', docx([{ text: 'hello' }], { more: many }), 'CQ323', 'parts');
  });
});

describe('HTML', () => {
  test('headings are kept; scripts, styles and navigation are not; title and language are read', async () => {
    const result = await extract(
      'html',
      `<!doctype html><html lang="de-AT"><head><title>Haustiere &amp; mehr</title><style>p{}</style></head>
       <body><nav>Menü</nav><h1>Katzen</h1><p>Sie schlafen.</p><script>alert(1)</script><h2>Futter</h2><p>Täglich.</p></body></html>`,
    );
    expect(result.text).toBe('# Katzen\n\nSie schlafen.\n\n## Futter\n\nTäglich.');
    expect(result).toMatchObject({ contentType: 'markdown', title: 'Haustiere & mehr', language: 'de-AT' });
  });

  test('a page of nothing, or nested without end, is refused', async () => {
    await refuses('html', '<html><script>1</script></html>', 'CQ324');
    await refuses('html', `${'<div>'.repeat(5_000)}x`, 'CQ322', 'nested');
  });
});

test('other formats are read in the same bounds', async () => {
  expect((await extract('pptx', pptx([{ title: 'Tides', lines: ['The moon'] }]))).text).toBe(
    '## Slide 1: Tides\n\nThe moon',
  );
  expect(await extract('eml', 'Subject: Tides\n\nThe moon')).toMatchObject({ title: 'Tides' });
  expect((await extract('notebook', '{"cells":[{"cell_type":"raw","source":"Tides"}]}')).text).toBe('Tides');
  await refuses('notebook', '{"a":1}', 'CQ322', 'notebook');
  await refuses('pptx', 'Tides', 'CQ322', 'PPTX');
});

describe('text, markdown and code', () => {
  test('markdown keeps its source and tells its title', async () => {
    expect(await extract('markdown', '---\ntitle: "From the front"\n---\n\n# Heading\n')).toMatchObject({
      title: 'From the front',
      contentType: 'markdown',
    });
    expect(await extract('markdown', 'Intro\n\n# The heading #\n\ntext')).toMatchObject({
      title: 'The heading',
    });
  });

  test('code tells its language', async () => {
    expect(await extract('code', 'select 1;', 'query.sql')).toMatchObject({
      contentType: 'code',
      codeLanguage: 'sql',
    });
    expect(await extract('code', '#!/usr/bin/env python3\n', 'run')).toMatchObject({
      codeLanguage: 'python',
    });
  });

  test('UTF-8 with and without its mark, UTF-16 of both orders, and line ends of all systems', async () => {
    const text = 'Grüße, 世界 😀\n';
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const [bytes, encoding] of [
      [Buffer.from(text), 'utf-8'],
      [Buffer.from(`\ufeff${text}`), 'utf-8'],
      [utf16, 'utf-16le'],
      [Buffer.from(utf16).swap16(), 'utf-16be'],
    ] as const) {
      expect(await extract('text', bytes)).toMatchObject({ text, encoding, warnings: [] });
    }
    expect((await extract('text', 'a\r\nb\rc')).text).toBe('a\nb\nc');
  });

  test('what is not UTF-8 is read as Latin 1, and that is said', async () => {
    expect(await extract('text', Buffer.from('caf\xe9 \x80 5', 'latin1'))).toMatchObject({
      text: 'café € 5',
      encoding: 'windows-1252',
      warnings: [{ kind: 'other_encoding' }],
    });
  });

  test('NUL and halves of characters are cleaned, and that is said', async () => {
    expect(await extract('text', `${'some text '.repeat(20)}a\0b\0`)).toMatchObject({
      text: `${'some text '.repeat(20)}ab`,
      warnings: [{ kind: 'nul_removed', message: '2 NUL characters were removed' }],
    });
    const half = Buffer.concat([
      Buffer.from('\ufeffa', 'utf16le'),
      Buffer.from([0x3d, 0xd8]),
      Buffer.from('b', 'utf16le'),
    ]);
    const result = await extract('text', half);
    expect(result.text.isWellFormed()).toBe(true);
    expect(result.text).toBe('a\ufffdb');
  });

  test('data that calls itself text is refused, and so is nothing', async () => {
    await refuses('text', pdf([['x']]), 'CQ326', 'PDF');
    await refuses('markdown', docx([{ text: 'x' }]), 'CQ326', 'ZIP');
    await refuses('code', Buffer.from(Array.from({ length: 2_000 }, (_, i) => i % 32)), 'CQ326', 'data');
    await refuses('text', Buffer.alloc(100), 'CQ326');
    await refuses('text', ' \n\t', 'CQ324');
    await refuses('text', '\ufeff', 'CQ324');
  });

  test('text beyond what a document may hold is refused', async () => {
    await refuses('text', 'a'.repeat(limits.text + 1), 'CQ323', '20000001');
  });
});

/** The most memory that a process below this one held while the work went on, in mebibytes. */
async function mostMemory(work: Promise<unknown>): Promise<number> {
  let most = 0;
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  ended.catch(() => {});
  while (!over) {
    for (const child of readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)) {
      try {
        const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1];
        most = Math.max(most, Number(peak ?? 0) / 1024);
      } catch {
        // it has just ended
      }
    }
    await delay(5);
  }
  await ended;
  return most;
}

describe('the process', () => {
  test('a file that takes too long is given up, and the next one is read', async () => {
    const hasty = openExtractor({ timeout: 300 });
    try {
      const bytes = docx([{ text: 'x' }], { more: { 'word/media/a': Buffer.alloc(limits.unpacked - 1000) } });
      await expect(hasty.extract({ bytes, extractor: 'docx', name: 'slow' })).rejects.toMatchObject({
        code: 'CQ325',
      });
    } finally {
      await hasty.close();
    }
    await expect(extract('text', 'next')).resolves.toMatchObject({ text: 'next' });
  });

  test('a file that wants more memory than there is ends its process, not this one; the next one is read', async () => {
    const small = openExtractor({ memory: 110 });
    try {
      const bytes = docx(Array.from({ length: 60_000 }, (_, i) => ({ text: `Paragraph ${i}` })));
      await expect(small.extract({ bytes, extractor: 'docx', name: 'big' })).rejects.toMatchObject({
        code: 'CQ327',
        message: expect.stringContaining('110 MiB'),
      });
      const bytes2 = Buffer.from('small');
      expect(await small.extract({ bytes: bytes2, extractor: 'text', name: 'small' })).toMatchObject({
        text: 'small',
      });
    } finally {
      await small.close();
    }
  });

  test('what an honest large file needs is there', async () => {
    const bytes = docx(Array.from({ length: 40_000 }, (_, i) => ({ text: `Paragraph ${i}` })));
    expect((await extract('docx', bytes)).text).toContain('Paragraph 39999');
  }, 240_000);

  test.skipIf(process.platform !== 'linux')(
    'a PDF of some kilobytes that unfolds to 1.5 GiB takes what is allowed, and others are read meanwhile',
    async () => {
      const bomb = await pdfBomb(1536);
      expect(bomb.length).toBeLessThan(10_000);
      const usual = performance.now();
      await extract('text', 'usual');
      const usually = performance.now() - usual;

      const before = process.memoryUsage().rss;
      const refused = refuses('pdf', bomb, 'CQ327', '512 MiB');
      const most = mostMemory(refused);
      const begun = performance.now();
      expect((await extract('text', 'meanwhile')).text).toBe('meanwhile');
      expect(performance.now() - begun).toBeLessThan(10 * usually + 2000);
      // one look of the guard late
      expect(await most).toBeLessThan(512 + 256);
      await refused;
      expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
    },
    240_000,
  );

  test.skipIf(process.platform !== 'linux')(
    'a reader that is killed costs its file, and no other',
    async () => {
      const spinning = new URL('./programs/spin.ts', import.meta.url);
      const stuck = openExtractor({ program: spinning });
      try {
        const failed = expect(
          stuck.extract({ bytes: Buffer.from('x'), extractor: 'text', name: 'x' }),
        ).rejects.toMatchObject({ code: 'CQ327' });
        let child: string | undefined;
        while (!child || !readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('spin.ts')) {
          await delay(10);
          [child] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
            .split(' ')
            .filter(Boolean);
        }
        process.kill(Number(child), 'SIGKILL');
        await failed;
      } finally {
        await stuck.close();
      }
      expect((await extract('text', 'next')).text).toBe('next');
    },
  );

  test.each([
    ['spin', new URL('./programs/spin.ts', import.meta.url), { timeout: 1500 }, 'CQ325'],
    ['flood', new URL('./programs/flood.ts', import.meta.url), {}, 'CQ323'],
    ['lie', new URL('./programs/lie.ts', import.meta.url), {}, 'CQ327'],
  ])('a reader that would "%s" is not believed', async (_, program, options, code) => {
    const bad = openExtractor({ program, ...options });
    try {
      await expect(
        bad.extract({ bytes: Buffer.from('x'), extractor: 'text', name: 'x' }),
      ).rejects.toMatchObject({ code });
    } finally {
      await bad.close();
    }
  });

  test('whoever goes away is let go, and those behind are served', async () => {
    const going = new AbortController();
    const bytes = docx(Array.from({ length: 20_000 }, (_, i) => ({ text: `Paragraph ${i}` })));
    const left = expect(extract('docx', bytes, 'a', going.signal)).rejects.toThrow('gone');
    const behind = extract('text', 'behind');
    const neverBegun = expect(extract('text', 'never', 'b', going.signal)).rejects.toThrow('gone');
    going.abort(new Error('gone'));
    await left;
    await neverBegun;
    expect((await behind).text).toBe('behind');
  });

  test('several files at once are all read', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => extract('text', `file ${i}`)));
    expect(results.map((result) => result.text)).toEqual(Array.from({ length: 20 }, (_, i) => `file ${i}`));
  });
});
