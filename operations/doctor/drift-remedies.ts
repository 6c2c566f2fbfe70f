import type { Catalogue, Difference } from '../../lib/catalogue.ts';
import { isHashed } from '../../lib/catalogue-reference.ts';

const APPLY_AGAIN = 'npm run migrate -- --repair';
const BY_HAND =
  'Mend it as colloquy_owner, or by a migration: npm run migrate -- --status --json shows both sides.';

/** `app_public.users: email` → the table and the part. */
function parts(name: string): [whole: string, part: string] {
  const at = name.indexOf(': ');
  return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at + 2)];
}

/** What a grant is on, as GRANT and REVOKE want it. */
function grantedOn(object: string, actual: Catalogue): string {
  if (object.endsWith(')')) return `routine ${object}`;
  if (!object.includes('.')) return `schema ${object}`;
  if (actual.has(`type ${object}`)) return `type ${object}`;
  return actual.has(`sequence ${object}`) ? `sequence ${object}` : `table ${object}`;
}

/** `app_public.users: update (role) to colloquy_user` */
const GRANT = /^(.+): ([a-z ]+)(?: \((.+)\))? to (.+?)$/s;

function grant({ name, state, expected }: Difference, actual: Catalogue): string {
  const [, object, privilege, column, role] = GRANT.exec(name) ?? [];
  if (!object || !privilege || !role) return BY_HAND;
  const right = column ? `${privilege} (${column})` : privilege;
  const who = role === 'the owner' ? 'colloquy_owner' : role;
  const on = grantedOn(object, actual);
  if (state === 'extra') return `revoke ${right} on ${on} from ${who};`;
  if (state === 'missing') return `grant ${right} on ${on} to ${who};`;
  return expected === 'granted'
    ? `revoke grant option for ${right} on ${on} from ${who};`
    : `grant ${right} on ${on} to ${who} with grant option;`;
}

const ENABLED = 'row security on';
const FORCED = 'row security of its owner on';
const OWNED = 'owned by the owner';

/** What a table should be, as ALTER TABLE says it. */
function table({ name, state, actual = '', expected = '' }: Difference): string {
  if (state === 'extra') return `Look at what is in it, then: drop table ${name};`;
  if (state === 'missing') return BY_HAND;
  const lines = (text: string): string[] => text.split('\n');
  const lacks = (line: string): boolean => lines(expected).includes(line) && !lines(actual).includes(line);
  const statements = [
    lacks(ENABLED) && `alter table ${name} enable row level security;`,
    lacks(FORCED) && `alter table ${name} force row level security;`,
    lacks(OWNED) && `alter table ${name} owner to colloquy_owner;`,
  ].filter(Boolean);
  return statements.length > 0 ? statements.join(' ') : BY_HAND;
}

function trigger({ kind, name, state, actual = '', expected = '' }: Difference): string {
  const [on, one] = parts(name);
  if (state === 'extra') return `drop ${kind} ${one} on ${on};`;
  const isSwitched = state === 'differs' && actual.startsWith(`${expected}\n`);
  return isSwitched ? `alter table ${on} enable ${kind} ${one};` : APPLY_AGAIN;
}

function constraint({ name, state, actual = '', expected = '' }: Difference): string {
  const [on, one] = parts(name);
  if (state === 'extra') return `alter table ${on} drop constraint ${one};`;
  if (/its triggers are disabled/.test(actual)) return `alter table ${on} enable trigger all;`;
  if (/its index is invalid/.test(actual)) return `reindex table concurrently ${on};`;
  if (isHashed(expected)) return BY_HAND;
  const add = `alter table ${on} add constraint ${one} ${expected.replace(/\s+/g, ' ')};`;
  return state === 'missing' ? add : `alter table ${on} drop constraint ${one}; ${add}`;
}

function index({ name, state, actual = '', expected = '' }: Difference): string {
  const [on, one] = parts(name);
  const called = `${on.split('.')[0]}.${one}`;
  if (state === 'extra') return `When it serves nobody: drop index concurrently ${called};`;
  if (/\ninvalid/.test(actual)) return `reindex index concurrently ${called};`;
  if (isHashed(expected)) return BY_HAND;
  const make = `${expected.replace(/\s+/g, ' ').replace(/^CREATE (UNIQUE )?INDEX /, 'create $1index concurrently ')};`;
  return state === 'missing' ? make : `drop index concurrently ${called}; ${make}`;
}

/** Owned by another, all else is applied again. */
const ANOTHERS = /\nowned by (?!the owner)/;

function routine({ kind, name, state, actual = '' }: Difference): string {
  if (state === 'extra') return `drop ${kind} ${name};`;
  return ANOTHERS.test(actual)
    ? `alter ${kind} ${name} owner to colloquy_owner; ${APPLY_AGAIN}`
    : APPLY_AGAIN;
}

function policy({ name, state }: Difference): string {
  const [on, one] = parts(name);
  return state === 'extra' ? `drop policy ${one} on ${on};` : APPLY_AGAIN;
}

function column({ name, state }: Difference): string {
  const [on, one] = parts(name);
  return state === 'extra' ? `Look at what is in it, then: alter table ${on} drop column ${one};` : BY_HAND;
}

function whole({ kind, name, state, actual = '' }: Difference): string {
  if (state !== 'extra') return kind === 'view' ? APPLY_AGAIN : BY_HAND;
  return `drop ${actual.startsWith('materialized') ? 'materialized ' : ''}${kind} ${name};`;
}

const REMEDIES: Record<string, (difference: Difference, actual: Catalogue) => string> = {
  grant,
  table,
  trigger,
  rule: trigger,
  constraint,
  index,
  function: routine,
  procedure: routine,
  aggregate: routine,
  policy,
  column,
  view: whole,
  sequence: whole,
  type: whole,
  schema: whole,
};

/**
 * The statement that mends a difference, where one does, to be run as colloquy_owner; else where to read on. What was applied by hand
 * instead of by functions/ comes back by applying these again.
 * @param actual  the catalogue of the database
 */
export function remedyFor(difference: Difference, actual: Catalogue): string {
  return REMEDIES[difference.kind]?.(difference, actual) ?? BY_HAND;
}
