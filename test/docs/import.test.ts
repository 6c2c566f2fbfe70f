import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leftOutKinds } from '../../import/left-out.ts';
import { damage, skipReasons } from '../../import/skipped.ts';
import { projectFolder } from '../../lib/migrations.ts';

const page = readFileSync(join(projectFolder, 'docs/import.md'), 'utf8');

/** The names in the first column of a table below a heading. */
function namesBelow(heading: string): string[] {
  const [, below] = page.split(`\n## ${heading}\n`);
  return [...below!.split('\n## ')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!).sort();
}

describe('docs/import.md', () => {
  test('names each kind that is left out', () => {
    expect(namesBelow('What is left out')).toEqual(Object.keys(leftOutKinds).sort());
  });

  test('names each reason for which something is skipped, and those that are damage', () => {
    expect(namesBelow('What was skipped, and why')).toEqual(Object.keys(skipReasons).sort());
    const damaging = /them all\. ([^;]*?) are damage/.exec(page.replaceAll('\n', ' '))![1]!;
    expect([...damaging.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort()).toEqual([...damage].sort());
  });
});
