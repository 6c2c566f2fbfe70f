/** Until when a provider is left alone, and why. */
export interface Pause {
  readonly until: Date;
  readonly reason: string;
}

/** Where pauses are kept, so that every caller of a provider respects what one of them was told. */
export interface ProviderPause {
  /** The pause that holds at the moment, if any. */
  pausedUntil(provider: string): Promise<Pause | undefined>;
  /** Leaves a provider alone. A pause that is already longer stays as it is. */
  pause(provider: string, until: Date, reason: string): Promise<void>;
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
    async pause(provider, until, reason) {
      const known = pauses.get(provider);
      if (!known || known.until < until) pauses.set(provider, { until, reason });
    },
  };
}
