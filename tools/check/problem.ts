/** Something a lint found: where, what is wrong, and the next thing to do. */
export type Problem = {
  file: string;
  line?: number;
  message: string;
  hint?: string;
};

/** `file:line: message`, as editors and CI make clickable, and a hint below the last of those that share it. */
export function formatProblems(problems: Problem[]): string {
  return problems
    .map(({ file, line, message, hint }, index) => {
      const place = line === undefined ? file : `${file}:${line}`;
      const last = hint !== undefined && problems[index + 1]?.hint !== hint;
      return last ? `${place}: ${message}\n  → ${hint}` : `${place}: ${message}`;
    })
    .join('\n');
}
