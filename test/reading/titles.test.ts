import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownTitle } from '../../reading/titles.ts';

test('a title is one short line of valid text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), (heading) => {
      const title = markdownTitle(`x\n\n# ${heading}\n`);
      if (title === null) return heading.trim() === '' || /^[#\s]*$/.test(heading) || /[\n\r]/.test(heading);
      return title.isWellFormed() && title.length <= 200 && !title.includes('\n');
    }),
  );
});

test('it comes from the front matter, else from the first heading that is not in a code block', () => {
  expect(markdownTitle('---\ntitle: "From the front"\n---\n\n# Heading\n')).toBe('From the front');
  expect(markdownTitle('```\n# no heading\n```\n\n## The heading ##\n')).toBe('The heading');
  expect(markdownTitle('Underlined\n===\n')).toBe('Underlined');
  expect(markdownTitle('# \u2028!\n')).toBe('!');
  expect(markdownTitle('nothing of the kind')).toBeNull();
});

test.each([
  ['---\ntitle: >\n  A folded\n  title\n---\n', 'A folded title'],
  ["---\ntitle: 'It''s high water'\n---\n", "It's high water"],
  ['---\ntitle: High water # a comment\n---\n', 'High water'],
  ['+++\ntitle = "High \\"water\\""\n[author]\nname = "x"\n+++\n\nBody', 'High "water"'],
  ['---\nauthor:\n  title: Professor\n---\n\n# The heading\n', 'The heading'],
  ['---\ntitle: [broken\n---\n\n# The heading\n', 'The heading'],
  ['---\n\nA rule above.\n\n---\n\n# The heading\n', 'The heading'],
])('the front matter is read as what it is: %j', (text, title) => {
  expect(markdownTitle(text)).toBe(title);
});
