import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { cancelQuery } from '../../lib/cancel-query.ts';
import { type Catalogue, compareCatalogues, type Difference, readCatalogue } from '../../lib/catalogue.ts';
import { serverDatabase, urlForRole } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { projectFolder } from '../../lib/migrations.ts';
import { onClone } from './clone.ts';
import { type Finding, lintBuilds, lintCatalogue, lintText, newFindings } from './lint.ts';
import { type Measured, measureUnit, readRelations } from './measure.ts';
import { pendingUnits, type Unit } from './units.ts';

/** What one unit did on the clone. */
export interface Rehearsed extends Measured {
  unit: string;
  /** Who may do what, and which rows a policy shows, before and after. */
  rights: Difference[];
  /** How many other objects differ. */
  otherChanges: number;
  findings: Finding[];
}

export interface Rehearsal {
  units: Rehearsed[];
  /** Units that were not tried, since one before them failed. */
  notTried: string[];
}

export interface RehearseOptions {
  /** Files beside what is pending. */
  files?: string[];
  /** Milliseconds that a lock which others wait for may be held. */
  maxLock: number;
  onUnit?: (name: string) => void;
  signal?: AbortSignal;
}

/** Kinds of the catalogue that say who may do what. */
const RIGHTS = /^(grant|policy|defaults) /;

/** The lines of a table that say for whom its policies hold. */
const security = (definition: string): string =>
  definition
    .split('\n')
    .filter((line) => line.startsWith('row security'))
    .join();

/** What differs in rights: also those of new objects. */
function rightsOf(after: Catalogue, before: Catalogue): Difference[] {
  const only = (catalogue: Catalogue): Catalogue =>
    new Map([...catalogue].filter(([key]) => RIGHTS.test(key)));
  const forced = compareCatalogues(after, before).filter(
    ({ kind, state, actual = '', expected = '' }) =>
      kind === 'table' && state === 'differs' && security(actual) !== security(expected),
  );
  return [...compareCatalogues(only(after), only(before)), ...forced];
}

const ROLES = `
  select r.rolname || ':' || concat_ws(' ', r.rolsuper, r.rolcanlogin, r.rolbypassrls, r.rolreplication) as line from pg_catalog.pg_roles r where r.rolname ~ '^colloquy_'
  union all
  select m.member::regrole || ' in ' || m.roleid::regrole from pg_catalog.pg_auth_members m where m.member::regrole::text ~ '^colloquy_'
  order by 1`;

/** What sql/roles.sql would change: nothing of it stays. */
async function roleChanges(client: pg.Client): Promise<string[]> {
  const read = async (): Promise<string[]> =>
    (await client.query<{ line: string }>(ROLES)).rows.map(({ line }) => line);
  const before = new Set(await read());
  await client.query('begin; set local client_min_messages = warning');
  try {
    await client.query(readFileSync(join(projectFolder, 'sql/roles.sql'), 'utf8'));
    return (await read()).filter((line) => !before.has(line));
  } finally {
    await client.query('rollback');
  }
}

async function prepareClone(admin: pg.Client): Promise<void> {
  const changes = await roleChanges(admin);
  if (changes.length > 0) {
    throw new ColloquyError(
      'CQ663',
      `This version has roles that the server lacks: ${changes.join(', ')}. They belong to all of its databases.`,
      {
        hint: 'Have an administrator run sql/roles.sql first: psql --file=sql/roles.sql.',
      },
    );
  }
  await admin.query('set client_min_messages = warning');
  await admin.query(readFileSync(join(projectFolder, 'sql/database.sql'), 'utf8'));
}

function lintMeasured(measured: Measured, maxLock: number): Finding[] {
  const findings: Finding[] = [];
  if (measured.error)
    findings.push({
      name: 'fails',
      subject: measured.error,
      detail: 'It cannot be applied to this database.',
      remedy: 'Correct it; nothing of it stays.',
    });
  for (const { relation, mode, held, stops } of measured.locks.filter(
    (lock) => lock.stops !== 'maintenance' && lock.held > maxLock,
  )) {
    findings.push({
      name: 'long_lock',
      subject: relation,
      detail: `${mode} for ${held} ms: ${stops} wait.`,
      remedy: 'Split it: what locks in a short migration, what takes long before or after it, in batches.',
    });
  }
  for (const { relation, bytes } of measured.rewrites.filter((one) => one.bytes > 0)) {
    findings.push({
      name: 'rewrite',
      subject: relation,
      detail: `Its ${Math.ceil(bytes / 1024)} KB were written anew, or emptied, while it was locked.`,
      remedy:
        'Add a column beside it and fill it in batches, or choose a change that keeps the rows as they are.',
    });
  }
  return findings;
}

async function connect(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: `colloquy ${name}` });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function rehearseUnits(cloneUrl: string, units: Unit[], options: RehearseOptions): Promise<Rehearsal> {
  const client = await connect(urlForRole(cloneUrl, 'owner'), 'rehearse');
  const watcher = await connect(cloneUrl, 'rehearse watch');
  const rehearsal: Rehearsal = { units: [], notTried: [] };
  const cancel = (): void => void cancelQuery(client);
  options.signal?.addEventListener('abort', cancel, { once: true });
  try {
    let [catalogue, found] = [await readCatalogue(client), await lintCatalogue(watcher)];
    let hasFailed = false;
    for (const unit of units) {
      options.signal?.throwIfAborted();
      if (hasFailed) {
        rehearsal.notTried.push(unit.name);
        continue;
      }
      options.onUnit?.(unit.name);
      const before = await readRelations(watcher);
      const measured = await measureUnit(client, watcher, unit);
      hasFailed = measured.error !== undefined;
      const catalogueAfter = await readCatalogue(client);
      const rights = rightsOf(catalogueAfter, catalogue);
      const changes = compareCatalogues(catalogueAfter, catalogue).filter(
        ({ kind }) => !RIGHTS.test(`${kind} `),
      );
      const touchesFunctions = [...changes, ...rights].some(
        ({ kind, name }) => kind === 'function' || name.includes('('),
      );
      const foundAfter = await lintCatalogue(watcher, touchesFunctions ? undefined : found);
      rehearsal.units.push({
        unit: unit.name,
        ...measured,
        rights,
        otherChanges: changes.length,
        findings: [
          ...lintText(unit),
          ...lintMeasured(measured, options.maxLock),
          ...lintBuilds(before, await readRelations(watcher), unit),
          ...newFindings(found, foundAfter),
        ],
      });
      [catalogue, found] = [catalogueAfter, foundAfter];
    }
    options.signal?.throwIfAborted();
    return rehearsal;
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    await Promise.all([client.end(), watcher.end()]);
  }
}

/**
 * Applies what a database lacks to a clone of it, and says what that does: locks, rewrites, log, rights. The database itself is read once,
 * to be copied, and the clone is dropped.
 * @param adminUrl  as an administrator
 * @throws ColloquyError CQ660 to CQ663
 */
export function rehearse(adminUrl: string, options: RehearseOptions): Promise<Rehearsal> {
  return onClone(adminUrl, async (cloneUrl) => {
    const admin = await connect(cloneUrl, 'rehearse');
    try {
      await prepareClone(admin);
    } finally {
      await admin.end();
    }
    const clone = serverDatabase(cloneUrl);
    let units: Unit[];
    try {
      units = await pendingUnits(clone.pool('admin'), options.files);
    } finally {
      await clone.close();
    }
    return rehearseUnits(cloneUrl, units, options);
  });
}
