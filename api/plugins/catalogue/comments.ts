/** What a comment says of an object, and of its parts: lines `@arg name words` of a function, `@value name words` of an enum. */
export interface Comment {
  text: string;
  parts: ReadonlyMap<string, string>;
}

const PART = /^@(?:arg|value) (\S+) (.+)$/;

/** Parts the lines about arguments or values from the words of a comment. */
export function readComment(comment: string | null | undefined): Comment {
  const parts = new Map<string, string>();
  const text: string[] = [];
  for (const line of (comment ?? '').split('\n')) {
    const [, name, words] = PART.exec(line.trim()) ?? [];
    if (name && words) parts.set(name, words);
    else text.push(line);
  }
  return { text: text.join('\n').trim(), parts };
}
