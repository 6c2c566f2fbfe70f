import type { PGlite } from '@electric-sql/pglite';
import { createPgConfig, type PGlitePgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';

type Callback = (error: Error | undefined, client: pg.PoolClient | undefined, done: () => void) => void;

/**
 * The one session of an embedded database, shared by everybody in turn. PGlite has a single connection: whoever uses
 * it holds this lease from the first statement to the end of its transaction, so nobody's statement ever lands in
 * somebody else's transaction, and begins by becoming its own role, so nobody ever acts as the superuser by accident.
 */
export class EmbeddedSession {
  readonly pglite: PGlite;
  readonly #pool: pg.Pool;
  #user: string | undefined;
  #touched = false;
  readonly #ears = new Set<(channel: string, payload: string) => void>();
  /** What the session listens to: to its end, whoever still hears it. */
  readonly channels = new Set<string>();

  constructor(pglite: PGlite) {
    this.pglite = pglite;
    const config: PGlitePgConfig = createPgConfig(pglite);
    this.#pool = new pg.Pool({ ...(config as unknown as pg.PoolConfig), max: 1, idleTimeoutMillis: 0 });
    this.#pool.on('connect', (client) => {
      client.on('notification', ({ channel, payload = '' }) => this.notified(channel, payload));
    });
  }

  /**
   * Waits for the session, then becomes `user`.
   * @param user  a role that may log in
   * @returns the client; its release() gives the session back, rolling back what was left open
   */
  async lease(user: string): Promise<pg.PoolClient> {
    const client = await this.#pool.connect();
    const give = client.release.bind(client);
    let held = true;
    client.release = () => {
      if (!held) return;
      held = false;
      const back = () => {
        client.release = give;
        give();
      };
      if (!this.pglite.isInTransaction()) return back();
      client.query('rollback').then(back, back);
    };
    try {
      await this.#become(client, user);
    } catch (error) {
      client.release();
      throw error;
    }
    return client;
  }

  /**
   * Hears what transactions notify on a channel: those of the session, so of everybody.
   * @returns ends it
   */
  async hear(channel: string, told: (payload: string) => void): Promise<() => void> {
    const ear = (where: string, payload: string): void => {
      if (where === channel) told(payload);
    };
    const client = await this.lease('colloquy_authenticator');
    try {
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } finally {
      client.release();
    }
    this.channels.add(channel);
    this.#ears.add(ear);
    return () => this.#ears.delete(ear);
  }

  /** Tells those who hear. */
  notified(channel: string, payload: string): void {
    for (const ear of this.#ears) ear(channel, payload);
  }

  /** Says that the holder of the lease may have changed settings: the next one starts from the defaults. */
  touch(): void {
    this.#touched = true;
  }

  async #become(client: pg.PoolClient, user: string): Promise<void> {
    if (this.#touched) {
      await client.query('reset all');
      this.#touched = false;
      this.#user = undefined;
    }
    if (this.#user === user) return;
    await client.query(`set session authorization ${pg.escapeIdentifier(user)}`);
    this.#user = user;
  }

  /** Waits until nobody holds the session, and lets nobody have it again. */
  async end(): Promise<void> {
    await this.#pool.end();
  }
}

/** What looks like a pool of connections that log in as one role, and takes turns on the one session there is. */
export class EmbeddedPool extends pg.Pool {
  readonly #session: EmbeddedSession;
  readonly #user: string;

  constructor(session: EmbeddedSession, user: string) {
    super({ max: 1 });
    this.#session = session;
    this.#user = user;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | undefined {
    const leased = this.#session.lease(this.#user);
    if (!callback) return leased;
    leased.then(
      (client) => callback(undefined, client, () => client.release()),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }
}
