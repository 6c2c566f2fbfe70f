import { setTimeout as delay } from 'node:timers/promises';
import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  IterableBackoff,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import PQueue from 'p-queue';
import { ProviderError } from '../error.ts';
import { memoryPause, type ProviderPause } from './pause.ts';
import type { SharedRate } from './rate.ts';

export interface GuardOptions {
  /** Requests at the same time. */
  concurrency: number;
  /** Requests that may begin in any minute. Default: as many as there are. */
  requestsPerMinute?: number | undefined;
  /** Tokens that may be sent in any minute, kept where the limit is shared. Default: as many as there are. */
  tokensPerMinute?: number | undefined;
  /** Milliseconds that one request may take. */
  timeout: number;
  /** Times that a request is repeated at once when the provider does not answer. Default: 2. */
  retries?: number;
  /** Least and greatest delay before that, in milliseconds; random between. Default: 250 and 5,000. */
  delays?: { least: number; greatest: number };
  /** Failures in a row after which nothing is asked. Default: 5. */
  failures?: number;
  /** For how many milliseconds: the first time, the second and so on. */
  rests?: number[];
}

/** Longest time, in seconds, for which a provider can have itself left alone. */
export const LONGEST_PAUSE = 3600;
/** Seconds before a provider that refuses everything is asked again: it may have been corrected. */
const MISCONFIGURED_PAUSE = 60;
/** Longest pause, in seconds, after a refusal that names none; the first is a second, and it doubles. */
const LONGEST_UNNAMED_PAUSE = 60;
/** Longest time, in seconds, that a request waits here for its turn; one that has to wait longer is given back. */
const LONGEST_TURN = 5;
const MINUTE = 60_000;
const NO_ANSWER = 'it did not answer several times in a row';
const RESTS = [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000];

const isOutage = (error: unknown): boolean => error instanceof ProviderError && error.kind === 'unavailable';

/** What a request gets: aborted when its time is up or its caller has gone. */
type Call<T> = (signal: AbortSignal) => Promise<T>;

/**
 * What stands before every request to a remote provider: a bound on what runs at once and per minute, a limit of time, a
 * few repetitions, a circuit breaker, and the pauses that the provider asked for. One guard per provider, so that the
 * outage of one stops no other.
 */
export class Guard {
  readonly name: string;
  readonly #pause: ProviderPause;
  readonly #rate: SharedRate | undefined;
  readonly #options: GuardOptions;
  readonly #queue: PQueue;
  readonly #run: <T>(call: Call<T>, signal: AbortSignal | undefined) => Promise<T>;
  /** Refusals in a row that named no time to wait. */
  #refusals = 0;
  #breaks = 0;
  #openUntil = 0;

  /** @param rate  keeps the limits per minute for all processes; without it they hold for requests of this one */
  constructor(name: string, pause: ProviderPause, options: GuardOptions, rate?: SharedRate) {
    const { retries = 2, delays = { least: 250, greatest: 5_000 }, failures = 5, rests = RESTS } = options;
    this.name = name;
    this.#pause = pause;
    this.#options = options;
    const { requestsPerMinute: most, tokensPerMinute } = options;
    if (most || tokensPerMinute) this.#rate = rate;
    this.#queue = new PQueue({
      concurrency: options.concurrency,
      ...(most && !rate ? { interval: MINUTE, intervalCap: most, strict: true } : {}),
    });
    const breaker = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(failures),
      halfOpenAfter: new IterableBackoff(rests),
    });
    breaker.onBreak(() => {
      this.#openUntil = Date.now() + rests[Math.min(this.#breaks, rests.length - 1)]!;
      this.#breaks += 1;
      // spares the others that share the pauses; one that cannot be stored costs them their own failures
      void this.#pause.pause(name, new Date(this.#openUntil), NO_ANSWER, 'outage').catch(() => {});
    });
    breaker.onReset(() => {
      this.#breaks = 0;
    });
    const policy = wrap(
      retry(handleWhen(isOutage), {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({ initialDelay: delays.least, maxDelay: delays.greatest }),
      }),
      breaker,
      timeout(options.timeout, TimeoutStrategy.Cooperative),
    );
    this.#run = (call, signal) =>
      policy.execute(async (context) => {
        try {
          return await call(context.signal);
        } catch (error) {
          if (signal?.aborted) throw signal.reason;
          if (!context.signal.aborted) throw error;
          throw new ProviderError(
            'unavailable',
            `"${name}" did not answer within ${options.timeout / 1000} seconds`,
          );
        }
      }, signal);
  }

  /**
   * Makes a request when its turn comes.
   * @param call  throws ProviderError for what the provider did
   * @param tokens  that it sends, for a limit of tokens
   * @throws ProviderError, or the signal's reason
   */
  async run<T>(call: Call<T>, signal?: AbortSignal, tokens = 0): Promise<T> {
    signal?.throwIfAborted();
    await this.#requireNoPause();
    return this.#queue.add(
      async () => {
        // a pause may have begun while this one waited
        await this.#requireNoPause();
        await this.#takeTurn(signal, tokens);
        try {
          const result = await this.#run(call, signal);
          this.#refusals = 0;
          return result;
        } catch (error) {
          throw await this.#judge(error);
        }
      },
      signal ? { signal } : {},
    );
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    await this.#queue.onIdle();
  }

  async #requireNoPause(): Promise<void> {
    const pause = await this.#pause.pausedUntil(this.name);
    if (!pause) return;
    const retryAfter = Math.max(1, Math.ceil((pause.until.getTime() - Date.now()) / 1000));
    const kind = pause.kind === 'outage' ? 'unavailable' : 'rate_limited';
    throw new ProviderError(kind, `"${this.name}" is left alone: ${pause.reason}`, { retryAfter });
  }

  async #takeTurn(signal: AbortSignal | undefined, tokens: number): Promise<void> {
    if (!this.#rate) return;
    const latest = Date.now() + LONGEST_TURN * 1000;
    for (;;) {
      const wait = await this.#rate.take(this.name, this.#options, tokens);
      if (wait === 0) return;
      if (Date.now() + wait * 1000 > latest) {
        throw new ProviderError('rate_limited', `The rate limit of "${this.name}" is reached`, {
          retryAfter: Math.max(1, Math.ceil(wait)),
        });
      }
      await delay(wait * 1000, undefined, signal ? { signal } : {}).catch((error) => {
        throw signal?.reason ?? error;
      });
    }
  }

  async #judge(error: unknown): Promise<unknown> {
    if (error instanceof BrokenCircuitError) {
      const retryAfter = Math.max(1, Math.ceil((this.#openUntil - Date.now()) / 1000));
      return new ProviderError('unavailable', `"${this.name}" is left alone: ${NO_ANSWER}`, {
        retryAfter,
      });
    }
    if (!(error instanceof ProviderError)) return error;
    if (error.kind !== 'rate_limited' && error.kind !== 'misconfigured') return error;
    const seconds =
      error.kind === 'misconfigured'
        ? MISCONFIGURED_PAUSE
        : Math.min(error.retryAfter ?? this.#unnamedPause(), LONGEST_PAUSE);
    await this.#pause.pause(
      this.name,
      new Date(Date.now() + seconds * 1000),
      error.message,
      error.kind === 'misconfigured' ? 'misconfigured' : 'asked',
    );
    return new ProviderError(error.kind, error.message, { retryAfter: seconds, cause: error.cause });
  }

  /** Doubles from one refusal to the next, with a random part, so that workers do not come back together. */
  #unnamedPause(): number {
    this.#refusals += 1;
    return Math.min(2 ** (this.#refusals - 1), LONGEST_UNNAMED_PAUSE) * (1 + Math.random() / 2);
  }
}

/** The guard of a provider: one per name. */
export type Guards = (name: string, options: GuardOptions) => Guard;

/**
 * @param pause  where pauses are kept. Default: in this process
 * @param overrides  settings that hold for every guard
 * @param rate  keeps limits per minute together with other processes. Default: each process by itself
 */
export function openGuards(
  pause: ProviderPause = memoryPause(),
  overrides: Partial<GuardOptions> = {},
  rate?: SharedRate,
): Guards {
  const open = new Map<string, Guard>();
  return (name, options) => {
    const guard = open.get(name) ?? new Guard(name, pause, { ...options, ...overrides }, rate);
    open.set(name, guard);
    return guard;
  };
}

/** The guards of this process: whatever is opened without others shares them. */
export const ownGuards: Guards = openGuards();
