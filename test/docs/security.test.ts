import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';

const page = readFileSync(join(projectFolder, 'docs/security.md'), 'utf8');
const rows = page
  .slice(page.indexOf('| promise |'))
  .split('\n')
  .slice(2)
  .filter((line) => line.startsWith('|'));

it('names a test for every promise, and each is there', () => {
  expect(rows.length).toBeGreaterThan(8);
  for (const row of rows) {
    const [promise, , tests] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const paths = [...tests!.matchAll(/`(test\/[^`]+)`/g)].map((match) => match[1]!);
    expect(paths.length, promise).toBeGreaterThan(0);
    for (const path of paths)
      expect(globSync(path, { cwd: projectFolder }).length, `${promise}: ${path}`).toBeGreaterThan(0);
    for (const [, check] of tests!.matchAll(/checks? ((?:`\w+`(?: and )?)+)/g)) {
      for (const [, name] of check!.matchAll(/`(\w+)`/g)) {
        expect(existsSync(join(projectFolder, 'sql/doctor', `${name}.sql`)), name).toBe(true);
      }
    }
  }
});
