import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LIMITS } from '../../api/limits/rates.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { attacks } from '../support/hostile/attacks.ts';

const page = readFileSync(join(projectFolder, 'docs/limits.md'), 'utf8');
const rows = (title: string): string[][] =>
  page
    .split(/^## /m)
    .find((text) => text.startsWith(`${title}\n`))!
    .split('\n')
    .filter((line) => /^\| (?!---)/.test(line))
    .slice(1)
    .map((line) => line.split('|').map((cell) => cell.trim()));

it('has a row for each limit, with its figure and its code', () => {
  const listed = rows('How often').map(([, name, rate, code]) => [name, rate, code]);
  const real = Object.entries(LIMITS).flatMap(([limit, { code, rates }]) =>
    Object.entries(rates).map(([subject, { points, seconds }]) => [
      `\`${limit}.${subject}\``,
      `${points}/${seconds}`,
      code,
    ]),
  );
  expect(listed).toEqual(real);
});

it('says of each field that has a limit of its own which one', () => {
  const text = rows('How often').length > 0 && page.replace(/\s+/g, ' ');
  for (const { fields } of Object.values(LIMITS)) {
    for (const field of fields.filter((name) => !/^(search|import)/.test(name)))
      expect(text).toContain(`\`${field}\``);
  }
});

it('has a row for each attack of the suite', () => {
  const listed = rows('What was attacked, and what holds it').map(([, name]) => name);
  expect(listed).toEqual(attacks.map(({ name }) => name));
});
