import type pg from 'pg';
import { type Catalogue, type Difference, readCatalogue } from '../../lib/catalogue.ts';
import { compareWithReference, isHashed, readReference } from '../../lib/catalogue-reference.ts';
import { isInHand } from '../../lib/migrations/current.ts';
import { migrationStatus } from '../../lib/migrations.ts';
import { type Check, type Finding, NotLookedAt, type Severity } from './check.ts';
import { remedyFor } from './drift-remedies.ts';

type Client = Pick<pg.ClientBase, 'query'>;

/** What somebody may have made for a reason: it changes no rule. */
const HARMLESS = new Set(['index', 'statistics']);
/** What is in the way of nobody, until it is granted or called. */
const OBJECTS = new Set([
  'table',
  'view',
  'sequence',
  'type',
  'function',
  'procedure',
  'aggregate',
  'column',
]);

function severityOf({ kind, state }: Difference): Severity {
  if (HARMLESS.has(kind)) return state === 'extra' ? 'info' : 'warning';
  return OBJECTS.has(kind) && state === 'extra' ? 'warning' : 'error';
}

const WORDS = {
  missing: 'It is missing.',
  extra: 'No file gives it.',
  differs: 'It is not as it was given.',
};

/** A definition in a line, as far as there is one to show. */
function shown(definition: string | undefined): string | undefined {
  if (definition === undefined || isHashed(definition)) return undefined;
  return definition.replace(/\s+/g, ' ');
}

function describe({ state, actual, expected }: Difference): string {
  const [is, wanted] = [shown(actual), shown(expected)];
  if (state !== 'differs') return WORDS[state];
  return [WORDS.differs, is && `It is: ${is}.`, wanted && `It was given as: ${wanted}.`]
    .filter(Boolean)
    .join(' ');
}

const finding = (severity: Severity, subject: string, detail: string, remedy: string): Finding => ({
  name: 'drift',
  severity,
  subject,
  detail,
  remedy,
  runbook: 'docs/doctor.md#drift',
});

/** What keeps a comparison from saying anything: the database is of another version than this copy. */
async function otherVersion(client: Client): Promise<Finding | undefined> {
  const { unknown, changed, pendingFunctions } = await migrationStatus(client);
  if (unknown.length + changed.length > 0) {
    const names = [...unknown, ...changed].join(', ');
    return finding(
      'warning',
      'migrations',
      `The database has migrations that this copy has not, or not so: ${names}.`,
      'Run the doctor of the version that migrated the database: npm run migrate -- --status says more.',
    );
  }
  if (pendingFunctions.length === 0) return undefined;
  const some = pendingFunctions.slice(0, 5).join(', ');
  const more = pendingFunctions.length > 5 ? ', …' : '';
  return finding(
    'error',
    'functions/',
    `${pendingFunctions.length} files are not applied to this database: ${some}${more}.`,
    'npm run migrate',
  );
}

/** Rights of the role of backups are there only where a superuser made it. */
async function withoutAbsent(client: Client, reference: Catalogue): Promise<Catalogue> {
  const { rows } = await client.query(`select pg_catalog.to_regrole('colloquy_backup') is null as absent`);
  if (!rows[0].absent) return reference;
  return new Map([...reference].filter(([key]) => !/^grant .* to colloquy_backup$/.test(key)));
}

/** The findings of a comparison, for a database of this version. */
export async function driftFindings(client: Client, reference: Catalogue): Promise<Finding[]> {
  const actual = await readCatalogue(client);
  return compareWithReference(actual, await withoutAbsent(client, reference)).map((difference) =>
    finding(
      severityOf(difference),
      `${difference.kind} ${difference.name}`,
      describe(difference),
      remedyFor(difference, actual),
    ),
  );
}

/** What is in a database and in no file, the other way round, or not as it was given. */
export const drift: Check = {
  name: 'drift',
  why: 'A grant, a policy, a switched-off row-level security, a changed function or an object that no file of migrations/ and functions/ gives: somebody changed the database by hand.',
  only: undefined,
  extensions: [],
  async find(client) {
    if (isInHand()) {
      throw new NotLookedAt('migrations/current/ is in hand: npm run migrate -- --status compares with it');
    }
    const other = await otherVersion(client);
    return other ? [other] : driftFindings(client, readReference());
  },
};
