import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { queues } from '../../../jobs/registry.ts';
import { serverDatabase } from '../../../lib/database.ts';
import { migrateDatabase } from '../../../lib/migrations.ts';
import { findBinaries } from '../../postgres/acquire.ts';
import { startPgbouncer } from '../../postgres/pgbouncer.ts';
import { percentile } from '../harness.ts';
import { ask, newTally, runClient, SEARCH, type Tally, type Tenant, WRITE } from './clients.ts';
import { EVENTS, type Event, type Stage } from './events.ts';
import { compareWith, Ledger, MARK } from './ledger.ts';
import { makeLogins, memoryOf, type Program, startPrograms } from './processes.ts';
import { openProxy } from './proxy.ts';
import { openServers } from './servers.ts';

export interface ChaosOptions {
  clients: number;
  /** Of load and events. */
  seconds: number;
  /** Between the starts of two events, when everything is back by then. */
  interval: number;
  /** Seconds that the network fails. */
  outage: number;
  /** Goes on beyond the seconds until so many happened. */
  leastEvents?: number;
  events?: readonly Event[];
  say?: (text: string) => void;
}

export interface EventReport {
  name: string;
  /** Milliseconds until what was taken away was back, and from then to the first write that was acknowledged. */
  took: number;
  firstWrite: number;
  /** Answers that said to try again, from its start to the first write. */
  refused: number;
}

export interface ChaosReport {
  events: EventReport[];
  succeeded: number;
  refused: Record<string, number>;
  acknowledged: number;
  unacknowledged: number;
  /** Of requests that succeeded, in milliseconds. */
  p50: number;
  p95: number;
  /** Milliseconds from the end of the load until a new document was found by its words. */
  indexed: number;
  programs: { name: string; pid: number; before: number; after: number; most: number }[];
  violations: string[];
}

const TENANTS = 5;
/** Seconds until the first write after an event: beyond them it is an outage. */
const BACK_WITHIN = 60;
/** Seconds until a document that is made after the load can be found. */
const INDEXED_WITHIN = 120;
/** Runs shorter than this say nothing of memory: caches fill. */
const MEMORY_FROM_SECONDS = 600;
const MEMORY_GROWTH = 1.3;

const total = (refused: Record<string, number>): number =>
  Object.values(refused).reduce((sum, n) => sum + n, 0);

async function register(url: string, tally: Tally): Promise<Tenant[]> {
  const tenants: Tenant[] = [];
  for (let n = 0; n < TENANTS; n += 1) {
    const data = await ask(
      url,
      tally,
      undefined,
      `mutation ($email: String!) { register(input: { email: $email, password: "a password for chaos" }) { authentication { token } } }`,
      { email: `chaos${n}@example.org` },
    );
    if (!data) throw new Error(`No account could be made: ${JSON.stringify(tally)}`);
    tenants.push({ token: data.register.authentication.token });
  }
  return tenants;
}

/** Runs one event, and waits until writes are acknowledged again. */
async function endure(event: Event, stage: Stage, tally: Tally, signal: AbortSignal): Promise<EventReport> {
  const begun = performance.now();
  const refused = total(tally.refused);
  await event.run(stage);
  const back = performance.now();
  while (tally.lastWrite < back && performance.now() - back < BACK_WITHIN * 1000 && !signal.aborted)
    await delay(10);
  const isBack = tally.lastWrite >= back;
  if (!isBack) tally.violations.push(`${event.name}: no write was acknowledged within ${BACK_WITHIN} s`);
  return {
    name: event.name,
    took: back - begun,
    firstWrite: isBack ? tally.lastWrite - back : BACK_WITHIN * 1000,
    refused: total(tally.refused) - refused,
  };
}

/** Lets events happen to a server, its standby, PgBouncer and the network under load, and looks at what became of every write. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { clients, seconds, interval, events: kinds = EVENTS, leastEvents = 0, say = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), 'colloquy-chaos-'));
  const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const servers = await openServers(await findBinaries(say));
    closers.push(() => servers.stop());
    const address = await openProxy(servers.primary().port);
    closers.push(() => address.close());
    const adminUrl = `${servers.primary().url.replace(/:\d+\/postgres$/, '')}:${address.port}/colloquy`;
    const database = serverDatabase(adminUrl);
    closers.push(() => database.close());
    const maintenance = serverDatabase(servers.primary().url);
    await maintenance
      .pool('admin')
      .query('create database colloquy')
      .finally(() => maintenance.close());
    await migrateDatabase(database, queues, { inHand: true });
    await database
      .pool('admin')
      .query(`update app_private.settings set value = '4' where name = 'password_hash_cost'`);
    const passwords = await makeLogins(adminUrl, folder);
    const pgbouncer = await startPgbouncer({
      version: '1.26',
      behind: address.port,
      logins: passwords,
      // a new connection is tried again soon, where the default is 15 s
      settings: { server_login_retry: 1, default_pool_size: 20, max_client_conn: 1000 },
      say,
    });
    closers.push(() => pgbouncer.stop());
    const network = [await openProxy(pgbouncer.port), await openProxy(address.port)] as const;
    closers.push(() => Promise.all(network.map((each) => each.close())));
    const through = (each: { port: number }, login: string): string =>
      `postgres://${login}:${passwords[login]}@127.0.0.1:${each.port}/colloquy`;
    const programs = await startPrograms(
      {
        authenticator: through(network[0], 'colloquy_authenticator'),
        worker: through(network[1], 'colloquy_worker'),
      },
      folder,
    );
    closers.push(() => Promise.all(programs.all.map((program) => program.stop())));
    say(
      `${programs.all.map(({ name, pid }) => `${name}: process ${pid}`).join(', ')}; ${clients} clients, ${seconds} s`,
    );

    const tally = newTally();
    const ledger = new Ledger();
    const tenants = await register(programs.url, tally);
    const ending = new AbortController();
    const { signal } = ending;
    const ended = (): Program[] => programs.all.filter((program) => program.ended() !== undefined);
    const load = Promise.all(
      Array.from({ length: clients }, (_, n) =>
        runClient(n, { url: programs.url, tenant: tenants[n % TENANTS]!, tally, ledger, signal }),
      ),
    );
    const stage: Stage = {
      servers,
      pgbouncer,
      network: [...network],
      address,
      outage: options.outage * 1000,
    };
    const reports: EventReport[] = [];
    const until = performance.now() + seconds * 1000;
    await delay(interval * 500);
    for (let n = 0; (performance.now() < until || n < leastEvents) && ended().length === 0; n += 1) {
      const begun = performance.now();
      const report = await endure(kinds[n % kinds.length]!, stage, tally, signal);
      reports.push(report);
      say(
        `${report.name}: back after ${(report.took / 1000).toFixed(1)} s, first write ${(report.firstWrite / 1000).toFixed(1)} s later`,
      );
      const rest = begun + interval * 1000 - performance.now();
      if (rest > 0) await delay(rest);
    }
    ending.abort();
    await load;
    say('The load has ended; looking at what is there');
    for (const program of ended()) tally.violations.push(`the ${program.name} ended: ${program.ended()}`);

    const indexed = await untilIndexed(programs.url, tenants[0]!, tally, ledger);
    await servers.inSync();
    const compared = await compareWith(ledger, database.pool('admin'));
    const judged = programs.all.map((program) => ({ program, ...memoryOf(program.memory) }));
    for (const { program, before, after } of judged)
      if (seconds >= MEMORY_FROM_SECONDS && after > before * MEMORY_GROWTH)
        tally.violations.push(`the ${program.name} grew from ${before.toFixed(0)} to ${after.toFixed(0)} MB`);
    return {
      events: reports,
      succeeded: tally.succeeded,
      refused: tally.refused,
      acknowledged: compared.acknowledged,
      unacknowledged: compared.unacknowledged,
      p50: percentile(tally.times, 0.5),
      p95: percentile(tally.times, 0.95),
      indexed,
      programs: judged.map(({ program: { name, pid }, ...memory }) => ({ name, pid, ...memory })),
      violations: [...tally.violations, ...compared.violations],
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Makes a document and waits until the worker has indexed it. Returns how long it took, in milliseconds. */
async function untilIndexed(url: string, { token }: Tenant, tally: Tally, ledger: Ledger): Promise<number> {
  const begun = performance.now();
  const text = `${MARK} is over: quiescence`;
  ledger.asked('document', text);
  const variables = { text, url: 'https://example.org/over' };
  let made: string | undefined;
  while (performance.now() - begun < INDEXED_WITHIN * 1000) {
    if (made === undefined) {
      made = (await ask(url, tally, token, WRITE, variables))?.createDocument.document.id;
      if (made !== undefined) ledger.acknowledged(text, made);
    } else {
      const found = await ask(url, tally, token, SEARCH, { text: 'quiescence' });
      if (found?.search.results.length > 0) return performance.now() - begun;
    }
    await delay(200);
  }
  tally.violations.push(`a new document was not indexed within ${INDEXED_WITHIN} s: does the worker work?`);
  return performance.now() - begun;
}
