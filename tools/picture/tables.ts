import type { Privilege, Table } from './catalogue.ts';
import { cell, code, sections, table } from './markdown.ts';

const fileOf = (name: string): string => `${name}.md`;

function about({ schema, name, kind, comment, partitioned_by, ...rest }: Table): string {
  const facts = [
    ...(partitioned_by ? [`Partitioned by ${partitioned_by}.`] : []),
    ...(rest.options ? [`Options: ${rest.options}.`] : []),
    ...(kind === 'table'
      ? [
          `Row-level security: ${rest.has_row_security ? (rest.is_row_security_forced ? 'on, for the owner too' : 'on, not for the owner') : '**off**'}.`,
        ]
      : []),
  ];
  const heading = `# ${schema}.${name}${kind === 'table' ? '' : ` (${kind})`}`;
  return [heading, comment ?? '**No comment.**', ...(facts.length > 0 ? [facts.join(' ')] : [])].join('\n\n');
}

function columns(all: Table['columns']): string {
  return table(
    ['column', 'type', 'null', 'default', 'what it is'],
    all.map(({ name, type, isNullable, value, comment }) => [
      code(name),
      code(type),
      isNullable ? 'null' : '',
      value === null ? '' : code(value),
      cell(comment),
    ]),
  );
}

function policies(all: Table['policies']): string {
  return table(
    ['policy', 'for', 'to', 'using', 'with check'],
    all.map(({ name, command, isPermissive, roles, using, check }) => [
      `${code(name)}${isPermissive ? '' : ' (restrictive)'}`,
      command,
      roles.join(', '),
      using === null ? '' : code(using),
      check === null ? '' : code(check),
    ]),
  );
}

function grants(name: string, all: Privilege[]): string {
  const own = all.filter((one) => one.object === name);
  return table(
    ['role', 'privilege', 'columns'],
    own.map(({ role, privilege, columns: names }) => [role, privilege, names ?? 'all']),
  );
}

const link = (name: string): string => `[${name}](${fileOf(name)})`;

/** The table that a foreign key points to. */
function target(definition: string): string {
  return /REFERENCES ([\w."]+)\(/.exec(definition)?.[1]?.replaceAll('"', '') ?? '';
}

function references(one: Table): string {
  const out = one.constraints.filter((constraint) => constraint.isForeignKey);
  return table(
    ['', 'table', 'constraint', 'definition'],
    [
      ...out.map(({ name, definition }) => ['to', link(target(definition)), code(name), code(definition)]),
      ...one.referenced_by.map(({ table: from, constraint, definition }) => [
        'from',
        link(from),
        code(constraint),
        code(definition),
      ]),
    ],
  );
}

/** The page of one table or view. */
function page(one: Table, privileges: Privilege[], serves: ReadonlyMap<string, string>): string {
  const full = `${one.schema}.${one.name}`;
  const own = one.constraints.filter((constraint) => !constraint.isForeignKey);
  return `${about(one)}\n\n${sections([
    ['## Columns', columns(one.columns)],
    ['## Query', one.definition ? `\`\`\`sql\n${one.definition.trim()}\n\`\`\`` : ''],
    [
      '## Constraints',
      table(
        ['constraint', 'definition'],
        own.map((c) => [code(c.name), code(c.definition)]),
      ),
    ],
    [
      '## Indexes',
      table(
        ['index', 'definition', 'serves'],
        one.indexes.map((index) => [
          code(index.name),
          code(index.definition),
          cell(serves.get(index.name) ?? (index.constraint ? 'the constraint of that name' : '')),
        ]),
      ),
    ],
    ['## References', references(one)],
    ['## Policies', policies(one.policies)],
    ['## Grants', grants(full, privileges) || 'To nobody but the owner.'],
    [
      '## Triggers',
      table(
        ['trigger', 'definition'],
        one.triggers.map((t) => [code(t.name), code(t.definition)]),
      ),
    ],
  ])}\n`;
}

/** One page per table and view, by file name. */
export function tablePages(
  tables: Table[],
  privileges: Privilege[],
  serves: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map(
    tables.map((one) => [fileOf(`${one.schema}.${one.name}`), page(one, privileges, serves)] as const),
  );
}

/**
 * Which query each index serves, as the line above it in the migrations says. The line counts for all indexes that
 * follow it at once; of several migrations the last counts.
 */
export function servedQueries(migrations: string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of migrations) {
    let query: string | undefined;
    for (const line of text.split('\n')) {
      const index = /^create (?:unique )?index (?:concurrently )?(?:if not exists )?(\w+)/.exec(line)?.[1];
      const serves = /^-- serves: (.+)$/.exec(line)?.[1];
      if (serves) query = serves;
      else if (index && query) found.set(index, query);
      // a comment goes on, and so does a statement on lines of its own
      else if (!/^(--|\s+\S)/.test(line)) query = undefined;
    }
  }
  return found;
}
