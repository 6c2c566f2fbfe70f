import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ColloquyError, errorCode } from '../errors.ts';
import { log } from '../log.ts';
import { addressesOf, shownAddress } from './addresses.ts';

/** Milliseconds for one server to say what it is. */
const PROBE_TIMEOUT = 2_000;
/** Milliseconds between two rounds while none of them takes changes. */
const ROUND = 250;

/** A server that takes changes tells its timeline, which every promotion raises. */
const WHAT = `select pg_catalog.pg_is_in_recovery() as "isStandby",
  case when not pg_catalog.pg_is_in_recovery()
    then pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) end as timeline`;

interface Probed {
  address: string;
  /** Of a server that takes changes, as 8 hexadecimal digits: they sort as they count. */
  timeline?: string;
  /** Why it is none. */
  why: string;
}

async function probe(address: string): Promise<Probed> {
  const client = new pg.Client({
    connectionString: address,
    application_name: 'colloquy probe',
    connectionTimeoutMillis: PROBE_TIMEOUT,
    query_timeout: PROBE_TIMEOUT,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ isStandby: boolean; timeline: string | null }>(WHAT);
    const { isStandby, timeline } = rows[0]!;
    return isStandby || timeline === null ? { address, why: 'is a standby' } : { address, timeline, why: '' };
  } catch (error) {
    return { address, why: errorCode(error) ?? (error instanceof Error ? error.message : String(error)) };
  } finally {
    void client.end().catch(() => {});
  }
}

/**
 * Which of several servers takes changes. It is looked for when there is reason to: at first, when a connection to it cannot be
 * had, and when it turns out to take no changes any more. One that is found stays, as long as it serves: an old primary that
 * comes back is not gone back to, since every promotion raises the timeline, and the highest one that was seen counts.
 */
class PrimaryFinder {
  readonly #addresses: readonly string[];
  #current: number | undefined;
  #timeline = '';
  #looking: Promise<number> | undefined;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** Which one the primary was last. */
  get current(): number {
    return this.#current ?? 0;
  }

  /** Says that a server may not be the primary any more. */
  doubt(index: number): void {
    if (this.#current === index) this.#current = undefined;
  }

  /**
   * Which server takes changes.
   * @param patience  milliseconds in which one may begin to
   * @throws ColloquyError CQ671 when none does
   */
  async find(patience: number): Promise<number> {
    if (this.#current !== undefined) return this.#current;
    this.#looking ??= this.#look(patience).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(patience: number): Promise<number> {
    const end = Date.now() + patience;
    for (;;) {
      const probed = await Promise.all(this.#addresses.map(probe));
      const best = this.#bestOf(probed);
      if (best) {
        this.#timeline = best.timeline!;
        this.#current = probed.indexOf(best);
        return this.#current;
      }
      if (Date.now() + ROUND >= end) throw nonePrimary(probed, this.#timeline);
      await delay(ROUND);
    }
  }

  /** The one of the latest promotion: two that take changes are a mistake, and the other one is the past. */
  #bestOf(probed: Probed[]): Probed | undefined {
    const able = probed.filter(({ timeline = '' }) => timeline !== '' && timeline >= this.#timeline);
    const [best] = able.toSorted((a, b) => (a.timeline! < b.timeline! ? 1 : -1));
    if (!best) return undefined;
    const facts = { primary: shownAddress(best.address), timeline: best.timeline };
    if (able.length > 1)
      log.error(facts, 'Several servers take changes; that of the latest promotion is used');
    else if (this.#timeline !== '' && this.#timeline !== best.timeline)
      log.warn(facts, 'Another server is the primary now');
    return best;
  }
}

function nonePrimary(probed: Probed[], timeline: string): ColloquyError {
  const states = probed.map(
    ({ address, why }) => `${shownAddress(address)} ${why || `is behind timeline ${timeline}`}`,
  );
  return new ColloquyError('CQ671', `None of the servers takes changes: ${states.join('; ')}.`, {
    hint: 'Start the primary, or promote a standby (npm run ops -- replica promote); docs/operations/replication.md.',
    // to those who asked for something the database is away
    cause: Object.assign(new Error('no primary'), { code: '08001' }),
  });
}

const finders = new Map<string, PrimaryFinder>();

/** The servers of a connection string: the finder is one for all logins. */
export interface Servers {
  addresses: string[];
  finder: PrimaryFinder;
}

/** Undefined where a connection string names one server. */
export function serversOf(connectionString: string): Servers | undefined {
  const addresses = addressesOf(connectionString);
  if (addresses.length < 2) return undefined;
  const key = addresses.map(shownAddress).join();
  const finder = finders.get(key) ?? new PrimaryFinder(addresses);
  finders.set(key, finder);
  return { addresses, finder };
}

/** The connection string with that one of its servers that takes changes now: for what knows one server only. */
export async function toPrimary(connectionString: string): Promise<string> {
  const servers = serversOf(connectionString);
  return servers ? servers.addresses[await servers.finder.find(PROBE_TIMEOUT)]! : connectionString;
}
