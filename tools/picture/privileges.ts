import type { Privilege, Role } from './catalogue.ts';
import { table } from './markdown.ts';

function rolesTable(roles: Role[]): string {
  const becomes = (role: Role): string =>
    role.member_of
      .map(
        (one) =>
          `${one.role} (${[...(one.inherits ? ['inherits'] : []), ...(one.canBecome ? ['can become'] : [])].join(', ')})`,
      )
      .join(', ');
  return table(
    [
      'role',
      'login',
      'superuser, createrole, createdb or replication',
      'bypasses row-level security',
      'member of',
    ],
    roles.map((role) => [
      role.name,
      role.can_login ? 'yes' : 'no',
      role.is_powerful ? '**yes**' : 'no',
      role.bypasses_row_security ? '**yes**' : 'no',
      becomes(role),
    ]),
  );
}

/** One line per object: select, insert (title, content), … */
function objects(privileges: Privilege[]): string {
  const lines = new Map<string, string[]>();
  for (const { kind, object, privilege, columns } of privileges) {
    const key = `${kind} \`${object}\``;
    lines.set(key, [...(lines.get(key) ?? []), columns === null ? privilege : `${privilege} (${columns})`]);
  }
  return [...lines].map(([object, what]) => `- ${object}: ${what.join(', ')}`).join('\n');
}

/** Every role and every right it was granted. */
export function privilegesPage(privileges: Privilege[], roles: Role[]): string {
  const names = [
    ...new Set([...roles.map((role) => role.name), 'public', ...privileges.map((one) => one.role)]),
  ];
  const parts = names.map((name) => {
    const own = privileges.filter((one) => one.role === name);
    return `## ${name}\n\n${own.length === 0 ? 'Nothing.' : objects(own)}`;
  });
  return `# Privileges

What was granted, besides what the owner of the objects has anyway. The tables of pg-boss and of graphile-migrate are
left out: sql/queue-grants.sql says who works on the queue.

## Roles

${rolesTable(roles)}

${parts.join('\n\n')}
`;
}
