/** Milliseconds that waits on a database server may take. docs/connections.md lists these; the tests hold them. */
export interface Clocks {
  /** Until a connection is there: a free one of the pool, or a new one. */
  connect: number;
  /** Silence of a connection, while a statement runs on it, after which the server is asked about it. */
  suspicion: number;
  /** Silence of the server itself, asked on another connection, after which it counts as gone. */
  silence: number;
  /** Longest silence of a statement where the server cannot be asked about it (a pooler, too many connections). */
  blind: number;
}

/** A client waits at the other end: of the API, whose statements have 30 seconds (STATEMENT_TIMEOUT). */
export const REQUEST_CLOCKS: Clocks = { connect: 5_000, suspicion: 3_000, silence: 6_000, blind: 35_000 };

/** Reads on a standby: the primary answers when it does not. */
export const STANDBY_CLOCKS: Clocks = { connect: 1_000, suspicion: 1_500, silence: 3_000, blind: 35_000 };

/** Jobs and commands: a statement may take hours, and nobody waits for a second. */
export const WORK_CLOCKS: Clocks = {
  connect: 15_000,
  suspicion: 10_000,
  silence: 20_000,
  blind: 3_600_000,
};

/** Before the first probe of a connection that is silent, by the operating system. */
export const KEEP_ALIVE_DELAY = 10_000;

/** Between two looks at the connections of a pool. */
export const LOOK_INTERVAL = 1_000;

/** For the answer to one question about connections. */
export const LOOK_TIMEOUT = 2_500;

/** For a connection to say good-bye before its socket is closed. */
export const GOODBYE = 3_000;
