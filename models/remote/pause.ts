import type { Pool } from 'pg';
import { quarantined } from '../error.ts';

/** Why a provider is left alone: it asked for it, it refuses everything until it is corrected, or it does not answer. */
export type PauseKind = 'asked' | 'misconfigured' | 'outage';

/** Until when a provider is left alone, and why. */
export interface Pause {
  readonly until: Date;
  readonly reason: string;
  readonly kind?: PauseKind;
}

/** Where pauses are kept, so that every caller of a provider respects them. */
export interface ProviderPause {
  /** The pause that holds at the moment, if any. */
  pausedUntil(provider: string): Promise<Pause | undefined>;
  /** Leaves a provider alone. A pause that is already longer stays as it is. */
  pause(provider: string, until: Date, reason: string, kind?: PauseKind): Promise<void>;
}

/** Pauses of this process alone. */
export function memoryPause(): ProviderPause {
  const pauses = new Map<string, Pause>();
  return {
    async pausedUntil(provider) {
      const pause = pauses.get(provider);
      if (!pause || pause.until.getTime() > Date.now()) return pause;
      pauses.delete(provider);
      return undefined;
    },
    async pause(provider, until, reason, kind = 'asked') {
      const known = pauses.get(provider);
      if (!known || known.until < until) pauses.set(provider, { until, reason, kind });
    },
  };
}

/**
 * Pauses of a process that serves a database which may be a copy: while it is in quarantine, every provider is left alone.
 * @param ask  why it is in quarantine; null when it is not
 * @throws what quarantined() makes, from pausedUntil()
 */
export function unlessQuarantined(
  ask: () => Promise<string | null>,
  pauses: ProviderPause = memoryPause(),
): ProviderPause {
  return {
    async pausedUntil(provider) {
      if ((await ask()) !== null) throw quarantined(provider);
      return pauses.pausedUntil(provider);
    },
    pause: pauses.pause,
  };
}

/**
 * Pauses that all workers share, and that outlive them. Durations cross the wire, not times: clocks differ.
 * @param pool  acts as colloquy_worker
 * @param environment  that this process declares: in quarantine every provider is left alone
 */
export function tablePause(pool: Pool, environment?: string): ProviderPause {
  return {
    async pausedUntil(provider) {
      const { rows } = await pool.query<{ seconds: number; reason: string; kind: PauseKind }>(
        'select seconds, reason, kind from app_hidden.provider_pause(for_provider => $1, for_environment => $2)',
        [provider, environment ?? null],
      );
      const pause = rows[0];
      return (
        pause && {
          until: new Date(Date.now() + pause.seconds * 1000),
          reason: pause.reason,
          kind: pause.kind,
        }
      );
    },
    async pause(provider, until, reason, kind = 'asked') {
      await pool.query(
        'select app_hidden.pause_provider(for_provider => $1, seconds => $2, reason => $3, kind => $4)',
        [provider, (until.getTime() - Date.now()) / 1000, reason, kind],
      );
    },
  };
}
