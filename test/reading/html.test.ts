import { expect, test } from 'vitest';
import { readHtml } from '../../reading/html.ts';

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
