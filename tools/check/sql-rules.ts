import type { Problem } from './problem.ts';
import type { SqlFile } from './sql-files.ts';

/** House rules for the files of functions/ that can be seen in the text alone. */
export function lintSqlRules(files: SqlFile[]): Problem[] {
  return files.flatMap((file) => [...startsWithComment(file), ...hasNoTab(file), ...pinsSearchPath(file)]);
}

function startsWithComment({ path, text }: SqlFile): Problem[] {
  if (/^(--(?!\s*!)[ \t]*\S|\/\*)/.test(text)) return [];
  return [
    {
      file: path,
      line: 1,
      message: 'The file does not begin with a comment.',
      hint: 'Say first why the object exists and what it must never do.',
    },
  ];
}

function hasNoTab({ path, text }: SqlFile): Problem[] {
  const index = text.indexOf('\t');
  if (index < 0) return [];
  return [
    { file: path, line: lineOf(text, index), message: 'Tab character.', hint: 'Indent by two spaces.' },
  ];
}

/** Without it, whoever calls the function chooses which objects its unqualified names mean, with the owner's rights. */
function pinsSearchPath({ path, text }: SqlFile): Problem[] {
  // Blank out comments but keep every position, so that line numbers stay right.
  const code = text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const starts = [
    ...code.matchAll(/\b(create|alter)\s+(or\s+replace\s+)?(function|procedure|routine)\b/gi),
  ].map((match) => match.index);
  return starts.flatMap((start, index): Problem[] => {
    const statement = code.slice(start, starts[index + 1]);
    if (!/\bsecurity\s+definer\b/i.test(statement) || /\bset\s+search_path\b/i.test(statement)) return [];
    return [
      {
        file: path,
        line: lineOf(code, start),
        message: 'A `security definer` function without `set search_path`.',
        hint: 'Add `set search_path = pg_catalog, pg_temp` (with `extensions` in between where it uses one).',
      },
    ];
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
