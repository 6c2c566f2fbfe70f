/** Words, quoted texts and names, parentheses, and single characters of anything else. */
const TOKENS = /E'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|\s+|[\s\S]/g;

interface Group {
  /** Texts, and groups in parentheses. */
  parts: (string | Group)[];
}

function parse(text: string): Group {
  const root: Group = { parts: [] };
  const open = [root];
  for (const [token] of text.matchAll(TOKENS)) {
    const group = open.at(-1)!;
    if (token === '(') {
      const inner: Group = { parts: [] };
      group.parts.push(inner);
      open.push(inner);
    } else if (token === ')' && open.length > 1) open.pop();
    else group.parts.push(token);
  }
  return root;
}

/** What joins the operands of a group: deparsed, each "and" and each "or" has parentheses of its own. */
const joinedBy = (group: Group): 'AND' | 'OR' | undefined =>
  group.parts.includes('AND') ? 'AND' : group.parts.includes('OR') ? 'OR' : undefined;

const isBlank = (part: string | Group | undefined): boolean => typeof part === 'string' && part.trim() === '';

function write(group: Group): string {
  const word = joinedBy(group);
  const significant = group.parts.filter((part) => !isBlank(part));
  return group.parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const inner = write(part);
      const at = significant.indexOf(part);
      const isOperand = [significant[at - 1], significant[at + 1]].every(
        (beside) => beside === undefined || beside === word,
      );
      return word && isOperand && joinedBy(part) === word ? inner.trim() : `(${inner})`;
    })
    .join('');
}

/**
 * An expression that PostgreSQL wrote, with "(a AND b) AND c" as "a AND b AND c", and the same for OR. The two mean the
 * same, and a database that was dumped and restored has the latter where it had the former.
 */
export const flatten = (expression: string): string => write(parse(expression));
