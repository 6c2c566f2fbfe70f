import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const pages = globSync(['*.md', 'docs/**/*.md', '*/README.md'], { cwd: projectFolder }).filter(
  (page) => !page.startsWith('node_modules'),
);

/** The places of a page that can be linked to: its headings, as GitHub names them, and anchors of its own. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(join(projectFolder, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!)]);
}

it('each link to a place in a page leads to one', () => {
  const broken: string[] = [];
  for (const page of pages) {
    const text = readFileSync(join(projectFolder, page), 'utf8');
    for (const [, file, anchor] of text.matchAll(/\]\(([^)\s:#]*)(?:#([^)\s]+))?\)/g)) {
      if (file === '' && anchor === undefined) continue;
      const to = file === '' ? page : join(dirname(page), file!);
      if (!existsSync(join(projectFolder, to))) broken.push(`${page}: ${to}`);
      else if (anchor !== undefined && to.endsWith('.md') && !anchorsOf(to).has(anchor))
        broken.push(`${page}: ${to}#${anchor}`);
    }
  }
  expect(pages.length).toBeGreaterThan(40);
  expect(broken).toEqual([]);
});
