import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { env } from '../../lib/env.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { openTemporaryFolder } from '../tools/postgres/support.ts';

/** Every command of scripts/ops/, as scripts/ops.ts has them, in this process. */
async function allCommands(): Promise<Command> {
  const ops = new Command();
  const text = readFileSync(join(projectFolder, 'scripts/ops.ts'), 'utf8');
  for (const [, path, add] of text.matchAll(/import\('\.\/(ops\/[\w-]+\.ts)'\)\)\.(add\w+)/g))
    (await import(join(projectFolder, 'scripts', path!)))[add!](ops);
  return ops;
}

/** Has a command and what is below it parse and do nothing, with any words as values: pages write ID and FOLDER. */
function onlyParsed(command: Command): Command {
  command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const option of command.options) {
    option.parseArg = undefined;
    option.mandatory = false;
  }
  for (const argument of command.registeredArguments) {
    argument.parseArg = undefined;
    argument.required = false;
  }
  for (const one of command.commands) onlyParsed(one as Command);
  return command;
}

/** The words of a command as a shell splits them, up to a pipe, a comment or what is written beside it. */
function wordsOf(line: string): string[] {
  const [command] = line.split(/\s{3,}|\s#|[;|>&]/);
  const text = command!.replaceAll(/[[\]]/g, '').replaceAll('…', 'x');
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, bare]) => one ?? two ?? bare!);
}

interface Leaf {
  words: string[];
  options: string[];
}

const leavesOf = (command: Command, words: string[] = []): Leaf[] => [
  { words, options: command.options.flatMap(({ long }) => long ?? []) },
  ...command.commands.flatMap((one) => leavesOf(one, [...words, one.name()])),
];

describe('the commands of operators', () => {
  let leaves: Leaf[];
  beforeAll(async () => {
    leaves = leavesOf(await allCommands());
  });

  it('have no option that no test gives', () => {
    const tests = globSync('test/**/*.ts', { cwd: projectFolder }).map((path) =>
      readFileSync(join(projectFolder, path), 'utf8'),
    );
    const given = tests.map(
      (text) => new Set([...text.matchAll(/['` ](--[a-z-]+)/g)].map(([, one]) => one!)),
    );
    const untested = leaves.flatMap(({ words, options }) =>
      options
        .filter(
          (option) =>
            option !== '--data' &&
            !tests.some((text, at) => given[at]!.has(option) && words.every((word) => text.includes(word))),
        )
        .map((option) => [...words, option].join(' ')),
    );
    expect(untested).toEqual([]);
  });

  it('are written in the documentation as they are', async () => {
    const wrong: string[] = [];
    let found = 0;
    const ops = onlyParsed(await allCommands());
    for (const page of globSync('{README.md,docs/**/*.md}', { cwd: projectFolder })) {
      const text = readFileSync(join(projectFolder, page), 'utf8');
      for (const [, line] of text.matchAll(/npm run (?:--silent )?ops -- ([^`\n]*)/g)) {
        const words = wordsOf(line!);
        if (['x', 'NAME'].includes(words[0]!) || words[1] === 'x') continue;
        found += 1;
        await ops.parseAsync(words, { from: 'user' }).catch((error: { code: string; message: string }) => {
          if (error.code !== 'commander.help') wrong.push(`${page}: ${line}: ${error.message}`);
        });
      }
    }
    expect(found).toBeGreaterThan(150);
    expect(wrong).toEqual([]);
  });

  describe('with a data folder', () => {
    const url = env.DATABASE_URL;
    beforeAll(() => {
      env.DATABASE_URL = undefined;
    });
    afterAll(() => {
      env.DATABASE_URL = url;
    });

    it('look for the embedded database there, and make none', async () => {
      const folder = openTemporaryFolder();
      const asked = leaves.filter(
        ({ options, words }) => options.includes('--data') && words[0] !== 'restore-dump',
      );
      expect(asked.length).toBeGreaterThan(8);
      const mandatory: Record<string, string[]> = {
        move: ['--to', 'postgres://a@b/c'],
        'files move': ['--to', 's3://a/b'],
        'cold export': ['--all'],
        'cold recall': ['--all'],
      };
      for (const { words } of asked) {
        const args = [...words, ...(mandatory[words.join(' ')] ?? []), '--data', folder];
        await expect(
          (await allCommands()).parseAsync(args, { from: 'user' }),
          args.join(' '),
        ).rejects.toThrow(folder);
      }
      expect(globSync('**', { cwd: folder })).toEqual(['.']);
    });
  });
});
