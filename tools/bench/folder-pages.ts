import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../lib/migrations.ts';

export interface Page {
  title: string;
  content: string;
}

/** Of a page: about 4.5 KB, like the markdown that people keep. */
const CHARACTERS = 4_500;

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many pages of markdown, put together of the sections of this project's documentation. */
export function folderPages(count: number, characters = CHARACTERS): Page[] {
  const docs = join(projectFolder, 'docs');
  const sections = readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => readFileSync(join(docs, name), 'utf8').split(/^(?=## )/m))
    .filter((section) => section.startsWith('## '));
  const next = numbers(1);
  return Array.from({ length: count }, (_, n) => {
    const title = `Page ${n} of the folder`;
    let content = `# ${title}\n\n`;
    while (content.length < characters) content += sections[Math.floor(next() * sections.length)]!;
    return { title, content };
  });
}
