import type { Problem } from './problem.ts';
import type { SqlFile } from './sql-files.ts';

/** A line that graphile-migrate 2.0.0-rc.3 replaces by the file's text. Any other spelling is an ordinary comment to it. */
const honoured = /^--![ \t]*include[ \t]+(.*\.sql)[ \t]*$/;
/** What somebody who wants to include a file may write. A line that begins as a comment (`-- --!include …`) is text. */
const attempt = /^(?!\s*--(?!\s*!)).*--\s*!\s*include/i;

/** The paths that a text includes, in order, with their lines; `path` is relative to functions/. */
export function includedPaths(text: string): { path: string; line: number }[] {
  return lines(text).flatMap((line, index) => {
    const path = honoured.exec(line)?.[1];
    return path === undefined ? [] : [{ path, line: index + 1 }];
  });
}

/**
 * Finds include lines that graphile-migrate would silently ignore, and those that name no file: either way a function
 * would be missing from the migration, and nobody would notice until it is called.
 * @param files the migration in hand and the files of functions/
 * @param known paths below functions/, without that prefix
 */
export function lintIncludes(files: SqlFile[], known: ReadonlySet<string>): Problem[] {
  return files.flatMap((file) =>
    lines(file.text).flatMap((line, index): Problem[] => {
      const at = { file: file.path, line: index + 1 };
      const path = honoured.exec(line)?.[1];
      if (path === undefined) {
        if (!attempt.test(line)) return [];
        return [
          {
            ...at,
            message: `graphile-migrate ignores this include: ${JSON.stringify(line)}`,
            hint: 'Write exactly `--!include area/file.sql`: lower case, at the start of the line, nothing after it.',
          },
        ];
      }
      if (/\s/.test(path)) {
        return [
          { ...at, message: `Included path has a space: ${JSON.stringify(path)}`, hint: 'Name one file.' },
        ];
      }
      if (!known.has(path)) {
        return [
          {
            ...at,
            message: `Included file does not exist: functions/${path}`,
            hint: 'The path is relative to functions/, as in `--!include auth/register.sql`.',
          },
        ];
      }
      return [];
    }),
  );
}

function lines(text: string): string[] {
  return text.split(/\r\n?|\n/);
}
