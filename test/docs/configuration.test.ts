import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { settingNames } from '../../lib/env.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

const read = (name: string): string => readFileSync(join(projectFolder, name), 'utf8');

/** The names in the first column of the tables of a text: all of a row that begins with one. */
const names = (text: string): string[] =>
  [...text.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap((match) =>
    [...match[1]!.matchAll(/`(\w+)`/g)].map((name) => name[1]!),
  );
const section = (title: string): string =>
  read('docs/configuration.md')
    .split(/^## /m)
    .find((text) => text.startsWith(`${title}\n`))!;
const twice = (list: string[]): string[] => list.filter((name, index) => list.indexOf(name) !== index);

describe('the variables of the environment', () => {
  const listed = names(section('Environment'));

  it('have a place each in the table, and one only', () => {
    expect(twice(listed)).toEqual([]);
    expect([...listed].sort()).toEqual([...settingNames].sort());
  });

  it('stand in no other table', () => {
    const pages = globSync('docs/**/*.md', { cwd: projectFolder }).filter(
      (name) => !name.endsWith('configuration.md'),
    );
    expect(pages.flatMap((page) => names(read(page)).filter((name) => settingNames.includes(name)))).toEqual(
      [],
    );
  });
});

describeReal('the settings of the database', () => {
  it('have a place each in the table, and one only, with their defaults', async () => {
    const rows = [...section('Settings in the database').matchAll(/^\| (`.*?`) \| (.*?) \|/gm)];
    const listed = rows.flatMap(([, cell, defaults]) => {
      const values = defaults!.split(', ');
      return [...cell!.matchAll(/`(\w+)`/g)].map((name, index) => [name[1]!, values[index]] as const);
    });
    expect(twice(listed.map(([name]) => name))).toEqual([]);
    const client = new pg.Client({ connectionString: (await createTestDatabase()).url });
    await client.connect();
    try {
      const { rows: settings } = await client.query('select name, value from app_private.settings');
      const real = Object.fromEntries(settings.map(({ name, value }) => [name, String(value)]));
      // tests have cheap hashes; what a new database gets is what the migration says
      const [, cost] =
        /'password_hash_cost', '(\d+)'/.exec(read('migrations/committed/000001-foundation.sql')) ?? [];
      expect(Object.fromEntries(listed)).toEqual({ ...real, password_hash_cost: cost });
    } finally {
      await client.end();
    }
  });
});
