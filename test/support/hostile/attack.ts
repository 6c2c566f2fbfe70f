import type { Got, HttpClient } from './http.ts';

/** Who attacks: one account, and from which address. */
export interface Attacker extends HttpClient {
  url: string;
  token: string;
  address: string;
  /** A number that no other call gets. */
  next(): number;
}

export interface Attack {
  /** What does it, as a test says it: "fifty visitors who sign in". */
  name: string;
  /** How many do it at the same time. */
  times: number;
  /** Whether each of them comes from an address of its own. */
  spread?: boolean;
  /** What is there before it begins, and is handed to each. */
  prepare?(attacker: Attacker): Promise<unknown>;
  /** Once; again as soon as it is answered. */
  act(attacker: Attacker, prepared: unknown): Promise<Got | undefined>;
  /** What it may be told, at least once: codes, or statuses where it is served. */
  told: readonly string[];
  /** Whether it is about what the worker does with it, which then runs beside the API. */
  worked?: boolean;
  /** What the others do that they do not always: search by meaning, or open a connection for each request. */
  others?: 'meaning' | 'newcomers';
  /** Settings that take away what holds it, so that it can be seen to be felt. */
  without?: Record<string, string>;
}
