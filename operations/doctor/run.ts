import pg from 'pg';
import { isConnectionLost } from '../../lib/connections/failures.ts';
import { env } from '../../lib/env.ts';
import { describeError, errorCode } from '../../lib/errors.ts';
import {
  type Check,
  type Finding,
  type Kind,
  NotLookedAt,
  SEVERITIES,
  type Severity,
  sqlChecks,
} from './check.ts';
import { drift } from './drift.ts';

export interface CheckResult {
  name: string;
  /** failed: it could not look, which is a finding of its own. */
  outcome: 'ran' | 'skipped' | 'failed';
  /** Why it was skipped. */
  reason?: string;
  milliseconds: number;
  /** The first ones, when there are very many. */
  findings: Finding[];
  /** How many there are. */
  found: number;
}

export interface Report {
  /** Where it is, without secrets. */
  database: string;
  kind: Kind;
  at: Date;
  milliseconds: number;
  counts: Record<Severity, number>;
  checks: CheckResult[];
}

export interface DoctorOptions {
  /** Where it is, without secrets. */
  database: string;
  /** Default: those of sql/doctor/ and those that are programs. */
  checks?: readonly Check[];
  /** Seconds that one check may take. */
  timeout?: number;
  /** Of one check: more are counted, and not listed. */
  maxFindings?: number;
  /** Connections at once to a server: few, since it may have few left when it is ill. An embedded database has one session. */
  lanes?: number;
}

const LOCK_TIMEOUT_MS = 1_000;

/** All checks, by name. */
export function allChecks(): Check[] {
  return [...sqlChecks(), drift].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Client = Pick<pg.ClientBase, 'query'>;

interface Place {
  kind: Kind;
  /** The schemas of the installed extensions, by name. */
  extensions: Map<string, string>;
}

/** What decides which checks have a meaning. */
export async function placeOf(client: Client): Promise<Place> {
  const { rows } = await client.query<{ name: string; schema: string; isEmbedded: boolean }>(
    `select e.extname as name, n.nspname as schema, pg_catalog.version() like '%PGlite%' as "isEmbedded"
     from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace`,
  );
  return {
    kind: rows[0]?.isEmbedded ? 'embedded' : 'server',
    extensions: new Map(rows.map((row) => [row.name, row.schema])),
  };
}

/**
 * Looks as colloquy_monitor in a transaction that changes nothing, waits for nobody, and takes no more than its share of the server.
 * @param client   of colloquy_monitor, or of who may become it
 * @param schemas  besides pg_catalog and that of our extensions
 * @param timeout  seconds
 */
export async function looking<T>(
  client: Client,
  work: () => Promise<T>,
  timeout: number,
  schemas: string[] = [],
): Promise<T> {
  const path = [...new Set(['pg_catalog', 'extensions', ...schemas])].map(pg.escapeIdentifier).join(', ');
  // absent: the check of copies compares what the database itself knows
  const declared = env.COLLOQUY_ENVIRONMENT
    ? `; set local colloquy.environment = ${pg.escapeLiteral(env.COLLOQUY_ENVIRONMENT)}`
    : '';
  try {
    // in one message: with a database far away, each takes the time of the way
    await client.query(`begin transaction read only; set local role colloquy_monitor; set local search_path = ${path};
      set local statement_timeout = ${Math.ceil(timeout * 1000)}; set local lock_timeout = ${LOCK_TIMEOUT_MS};
      set local jit = off; set local max_parallel_workers_per_gather = 0${declared}`);
    return await work();
  } finally {
    // nothing of it stays, nor a setting of the session
    await client.query('rollback').catch(() => {});
  }
}

/** What is said of a check that could not look. */
function couldNotLook(name: string, error: unknown, timeout: number): Finding {
  const code = errorCode(error);
  const isBusy = code === '57014' || code === '55P03';
  return {
    name,
    severity: isBusy ? 'warning' : 'error',
    subject: `the check ${name}`,
    detail:
      code === '57014'
        ? `It was ended after ${timeout} s.`
        : `It could not look: ${describeError(error).split('\n', 1)[0]}`,
    remedy: isBusy
      ? `Run it alone, when less is going on: npm run ops -- doctor --timeout 60 --check ${name}`
      : 'Bring the database to this version (npm run migrate); what remains is a fault of the check.',
    runbook: 'docs/doctor.md#checks-that-could-not-look',
  };
}

/** What a check says of an extension that is installed, and not loaded when the server starts. */
const NOT_LOADED = '55000';

/**
 * Runs checks, several at once on a server. A check that fails is a finding, and no more than that.
 * @param pool  of colloquy_monitor, or of who may become it
 * @throws what a connection that broke throws: nothing more can be found then
 */
export async function runDoctor(pool: pg.Pool, options: DoctorOptions): Promise<Report> {
  const { checks = allChecks(), timeout = 10, maxFindings = 100, lanes = 4 } = options;
  const at = new Date();
  const { kind, extensions } = await placeOf(pool);
  const results = new Map<string, CheckResult>();

  async function examine(client: Client, check: Check): Promise<CheckResult> {
    const { name } = check;
    const skipped = (reason: string): CheckResult => ({
      name,
      outcome: 'skipped',
      reason,
      milliseconds: 0,
      findings: [],
      found: 0,
    });
    if (check.only && check.only !== kind) return skipped(`it is for databases of the kind ${check.only}`);
    const missing = check.extensions.filter((extension) => !extensions.has(extension));
    if (missing.length > 0) return skipped(`the extension ${missing.join(', ')} is not installed`);
    const began = performance.now();
    const taken = (): number => Math.round(performance.now() - began);
    try {
      const schemas = check.extensions.map((extension) => extensions.get(extension)!);
      const found = await looking(client, () => check.find(client), timeout, schemas);
      const findings = found.slice(0, maxFindings);
      return { name, outcome: 'ran', milliseconds: taken(), findings, found: found.length };
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      const isUnloaded = check.extensions.length > 0 && errorCode(error) === NOT_LOADED;
      if (error instanceof NotLookedAt || isUnloaded) return skipped((error as Error).message);
      const findings = [couldNotLook(name, error, timeout)];
      return { name, outcome: 'failed', milliseconds: taken(), findings, found: 1 };
    }
  }

  const waiting = [...checks];
  async function lane(): Promise<void> {
    const client = await pool.connect();
    let broken: boolean | Error = false;
    try {
      for (let check = waiting.shift(); check; check = waiting.shift()) {
        results.set(check.name, await examine(client, check));
      }
    } catch (error) {
      waiting.length = 0;
      broken = error instanceof Error ? error : true;
      throw error;
    } finally {
      client.release(broken);
    }
  }
  const width = kind === 'embedded' ? 1 : Math.min(lanes, checks.length);
  const ended = await Promise.allSettled(Array.from({ length: width }, lane));
  // a server that has too few connections left gives fewer: one that was given does the work of all
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed && results.size < checks.length) throw failed.reason;

  const ordered = checks.map((check) => results.get(check.name)!);
  return {
    database: options.database,
    kind,
    at,
    milliseconds: Date.now() - at.getTime(),
    counts: countFindings(ordered),
    checks: ordered,
  };
}

function countFindings(checks: readonly CheckResult[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { findings, found } of checks) {
    for (const { severity } of findings) counts[severity] += 1;
    // those that are not listed are as grave as the last one that is
    const last = findings.at(-1);
    if (last) counts[last.severity] += found - findings.length;
  }
  return counts;
}

/** The findings of a report that are at least so grave, the gravest first. */
export function findingsOf(report: Report, least: Severity = 'info'): Finding[] {
  const wanted = SEVERITIES.slice(0, SEVERITIES.indexOf(least) + 1);
  return wanted.flatMap((severity) =>
    report.checks.flatMap((check) => check.findings.filter((finding) => finding.severity === severity)),
  );
}
