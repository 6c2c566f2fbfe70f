import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { leaveOutBlobs } from '../../reading/blobs.ts';

const base64 = randomBytes(30_000).toString('base64');
const wrapped = base64.slice(0, 4_000).replace(/(.{76})/g, '$1\n');
const minified = 'var a=function(b,c){return b.d(c)&&(e=f[0])};'.repeat(300);

describe('left out, with a note of its size', () => {
  test.each([
    [
      'a picture in markdown',
      `![gull](data:image/png;base64,${base64}) and words`,
      '![gull]([40 KB of image/png left out]) and words',
    ],
    [
      'a drawing in an address',
      `url("data:image/svg+xml,%3Csvg xmlns='x'${'%3Cpath d=M0'.repeat(50)}")`,
      'url("[1 KB of image/svg+xml left out]")',
    ],
    ['base64', `key: ${base64}\nwords`, 'key: [40 KB of base64 left out]\nwords'],
    ['base64 in lines', `before\n${wrapped}\nafter`, 'before\n[4 KB of base64 left out]\nafter'],
    [
      'base64 in JSON',
      `{"a": "${base64.slice(0, 3_000)}\\n", "b": "words"}`,
      '{"a": "[3 KB of base64 left out]\\n", "b": "words"}',
    ],
    [
      'hexadecimal data',
      `blob ${randomBytes(500).toString('hex')} end`,
      'blob [1 KB of hexadecimal data left out] end',
    ],
    [
      'a line of minified code',
      `words\n${minified}\nwords`,
      'words\n[14 KB of minified code left out]\nwords',
    ],
  ])('%s', (_, text, left) => {
    const read = leaveOutBlobs(text);
    expect(read.text).toBe(left);
    expect(read.warnings).toMatchObject([
      { kind: 'left_out', message: expect.stringMatching(/^1 piece of data/) },
    ]);
  });
});

describe('kept', () => {
  test.each([
    ['a long paragraph', 'The moon pulls the water of the sea. '.repeat(500)],
    ['Chinese without blanks', '潮水在满月时升高'.repeat(1_000)],
    ['a long word', 'Donaudampfschifffahrt'.repeat(20)],
    ['a sequence of one alphabet', 'ACGT'.repeat(500)],
    ['hashes and short keys', `${randomBytes(32).toString('hex')} ${randomBytes(90).toString('base64')}`],
    ['a path', `/usr/share/${'very-long-folder-name/'.repeat(30)}`],
  ])('%s', (_, text) => {
    expect(leaveOutBlobs(text)).toMatchObject({ text, count: 0, warnings: [] });
  });

  test('JSON in one line', () => {
    const text = JSON.stringify(Array.from({ length: 500 }, (_, i) => ({ id: i, animal: 'okapi' })));
    expect(leaveOutBlobs(text, { isData: true })).toMatchObject({ text, count: 0, warnings: [] });
  });
});

test('ten megabytes take a moment', () => {
  const started = performance.now();
  expect(leaveOutBlobs(randomBytes(7_500_000).toString('base64')).text.length).toBeLessThan(100);
  leaveOutBlobs('word '.repeat(2_000_000));
  leaveOutBlobs('A1b-'.repeat(60).concat('\n').repeat(20_000));
  leaveOutBlobs(`data:image/png;base64,${'x\n'.repeat(2_000_000)}`);
  expect(performance.now() - started).toBeLessThan(20_000);
});
