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

const textOf = (html: string) => readHtml(html)?.text;

test('links say where they lead, and pictures what they show', () => {
  expect(
    textOf(
      '<p>See <a href="https://example.org/t">the table</a>, <a href="#top">top</a>, <a href="mailto:a@b.org">a@b.org</a>, <a href="javascript:x()">go</a>.</p><img src="data:image/png;base64,AAAA" alt="A gull"><img src="x.png" alt="">',
    ),
  ).toBe('See the table (https://example.org/t), top, a@b.org, go.\n\n[image: A gull]');
  expect(textOf('<h2><a href="/post">First post</a></h2><p>Text')).toBe('## First post\n\n(/post)\n\nText');
});

test('what stands in different blocks is no word', () => {
  const html =
    '<details><summary>one</summary>two</details><dl><dt>three</dt><dd>four</dd></dl><figure><figcaption>five</figcaption></figure><my-card>six</my-card><my-card>seven</my-card><select><option>eight</option><option>nine</option></select><fieldset><legend>ten</legend></fieldset>';
  expect(textOf(html)?.split(/\s+/)).toEqual('one two three four five six seven eight nine ten'.split(' '));
});

test('code stands between fences, and what is never shown counts for nothing', () => {
  expect(textOf('<pre><code class="language-sh"># not a heading\nls</code></pre>')).toBe(
    '```sh\n# not a heading\nls\n```',
  );
  const script = `<script>${'x("<div><div>");'.repeat(2_000)}</script>`;
  expect(textOf(`<p>a</p>${script}<!-- <script> --><p>b</p><style>p{}</style>`)).toBe('a\n\nb');
});
