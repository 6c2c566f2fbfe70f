import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripNoise } from '../../models/strip-noise.ts';

test.each([
  ['an embedded picture', 'A ![map](data:image/png;base64,iVBORw0KGgo=) here', 'A ![map] here'],
  ['data in the text', 'url(data:font/woff2;charset=utf-8;base64,d09GMgABAAAAA) follows', 'url( ) follows'],
  ['base64', `Key: ${'aB3/'.repeat(20)}== end`, 'Key:   end'],
  ['a hash', `sha256 ${'0123456789abcdef'.repeat(4)} end`, 'sha256   end'],
  [
    'the address of a link',
    'See [the manual](https://example.org/a/b?c=d#e "Manual") now',
    'See [the manual] now',
  ],
  ['rules and borders', 'Price\n| --- | ---: |\n| 3 |\n=======\n', 'Price\n\n| 3 |\n \n'],
  ['a heading said twice', 'Guide › Install\n## Install\n\nRun it.', 'Guide › Install\n\nRun it.'],
])('%s costs no tokens', (_, text, lean) => {
  expect(stripNoise(text)).toBe(lean);
});

test.each([
  'Guide › Install\n## Uninstall\n\nRun it.',
  '# Install\nRun it.',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  '/usr/share/doc/packages/some-rather-long-name-of-a-package/examples/readme',
  'if (a === b && c !== d) return e--;',
  'https://example.org/a/b',
  '我们在这里',
  '- one\n- two',
])('what means something stays: %s', (text) => {
  expect(stripNoise(text)).toBe(text);
});

test('a passage of nothing else stays as it is', () => {
  const text = `data:image/png;base64,${'aB3/'.repeat(200)}`;
  expect(stripNoise(text)).toBe(text);
});

test('any text keeps a letter or stays, gets no longer by more than its blanks, and again changes nothing that matters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const lean = stripNoise(text);
      expect(lean.length).toBeLessThanOrEqual(text.length);
      expect(lean === text || /[\p{L}\p{N}]/u.test(lean)).toBe(true);
    }),
  );
});

test('time is linear, whatever the text', () => {
  for (const unit of ['-', '[', '[a](', '|-', 'aB3', '# ', 'data:a/b;', '(', ' |']) {
    const began = performance.now();
    stripNoise(unit.repeat(50_000));
    expect(performance.now() - began, unit).toBeLessThan(5_000);
  }
});
