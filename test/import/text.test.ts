import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeDocument } from '../../import/sources/document.ts';
import { fileAddress, webAddress } from '../../import/sources/git.ts';
import { readHtml } from '../../reading/html.ts';
import { cleanText, decodeText } from '../../reading/text.ts';

test('any bytes give storable text or a reason', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const decoded = decodeText(bytes);
      if ('reason' in decoded) return decoded.detail.length > 0;
      return decoded.text.isWellFormed() && !decoded.text.includes('\0') && !decoded.text.includes('\r');
    }),
  );
});

test('any text survives, but for its line ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/\p{Cc}/u.test(text) && !text.startsWith('\ufeff') && !/^(?:%PDF-|GIF8|PK)/.test(text));
      expect(decodeText(Buffer.from(text))).toEqual({ text });
    }),
  );
});

test('cleaning counts what it changed and leaves nothing to clean', () => {
  const unit = fc.oneof(fc.constantFrom('\0', '\ud800', '\udc00', 'a', '🌊', 'é'));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 40 }), (units) => {
      const { text, cleaned } = cleanText(units.join(''));
      expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
      expect(cleanText(text)).toEqual({ text, cleaned: 0 });
      expect(cleaned === 0).toBe(text === units.join(''));
    }),
  );
  expect(cleanText('a\0b\ud800c')).toEqual({ text: 'ab\ufffdc', cleaned: 2 });
});

test('a title is one short line of valid text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), (heading) => {
      const item = makeDocument({
        source: 's',
        path: 'a.md',
        label: 'l',
        text: `x\n\n# ${heading}\n`,
        metadata: {},
      });
      if (item.kind !== 'document') return false;
      return (
        item.title.isWellFormed() &&
        item.title.length > 0 &&
        item.title.length <= 200 &&
        !item.title.includes('\n')
      );
    }),
  );
});

test.each(['<div>', '<table><tr><td>', '<ul><li>', '<b>', '<h1>'])(
  'a page of nothing but %s is refused at once',
  (tag) => {
    const started = performance.now();
    expect(readHtml(tag.repeat(500_000))).toBeNull();
    expect(performance.now() - started).toBeLessThan(20_000);
  },
);

test.each(['<p>x', '<li>x', '<td>x', '<br>', '<a href=x>y</a>'])('a page of many %s is read', (tag) => {
  const started = performance.now();
  expect(readHtml(tag.repeat(50_000))).not.toBeNull();
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('remotes become web addresses', () => {
  expect(webAddress('git@github.com:a/b.git')).toBe('https://github.com/a/b');
  expect(webAddress('ssh://git@host.org:2222/a/b.git')).toBe('https://host.org/a/b');
  expect(webAddress('https://t0ken@host.org:8443/a/b')).toBe('https://host.org:8443/a/b');
  expect(webAddress('../elsewhere')).toBeNull();
  expect(webAddress('/srv/git/a.git')).toBeNull();
  expect(webAddress('C:\\repos\\a')).toBeNull();
  expect(webAddress('file:///srv/a')).toBeNull();
  expect(fileAddress('https://gitlab.com/a/b', 'x/y.md')).toBe('https://gitlab.com/a/b/-/blob/HEAD/x/y.md');
});
