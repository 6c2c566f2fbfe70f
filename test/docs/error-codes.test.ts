import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const read = (name: string): string => readFileSync(join(projectFolder, name), 'utf8');
const files = (pattern: string, exclude: string[] = []): string[] =>
  globSync(pattern, { cwd: projectFolder, exclude: ['node_modules/**', ...exclude] });

/** The first cell of each row of the tables of a page. */
const firstCells = (page: string): string[] =>
  [...read(page).matchAll(/^\| ([^|]+?) \|/gm)].map((match) => match[1]!);

/** The HTTP layer's own statuses become codes without being written out: api/plugins/requests.ts. */
const OF_HTTP = ['CQ400', 'CQ405', 'CQ406', 'CQ413', 'CQ415', 'CQ500'];

describe('the error codes', () => {
  const listed = firstCells('docs/error-codes.md').filter((cell) => cell.startsWith('CQ'));
  const sources = [
    ...files('functions/**/*.sql'),
    ...files('sql/*.sql'),
    ...files('**/*.{ts,mjs}', ['test/**', 'data/**', '.cache/**']),
  ];
  const used = new Set([...OF_HTTP, ...sources.flatMap((name) => read(name).match(/\bCQ\d{3}\b/g) ?? [])]);

  it('have a row each, and one only', () => {
    expect(sources.length).toBeGreaterThan(300);
    expect(listed.filter((code) => !/^CQ\d{3}$/.test(code))).toEqual([]);
    expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([]);
  });

  it('are those that the code has, all of them and no others', () => {
    expect([...used].filter((code) => !listed.includes(code)).sort()).toEqual([]);
    expect(listed.filter((code) => !used.has(code))).toEqual([]);
  });

  it('are explained on no other page', () => {
    const elsewhere = files('docs/**/*.md').filter((name) => name !== join('docs', 'error-codes.md'));
    expect(
      elsewhere.flatMap((name) =>
        firstCells(name)
          .filter((cell) => /^`?CQ\d/.test(cell))
          .map((cell) => `${name}: ${cell}`),
      ),
    ).toEqual([]);
  });
});
