import type { ProviderError } from './error.ts';

/** What came of some texts. */
export interface Embedded {
  /** One vector of length one per text, in the order of the texts; undefined for those among the failures. */
  vectors: (Float32Array | undefined)[];
  /** As the provider counted them; an estimate where it counts nothing. */
  tokens: number;
  /** The texts that have no vector, in their order, each with its index and the reason. */
  failures: ProviderError[];
}

/** Turns texts into vectors. Safe to share: several callers may embed at once. */
export interface EmbeddingProvider {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  /** Tokens of one text that are read. */
  readonly maxTokens: number;
  /** US dollars per million tokens; 0 where nothing is paid. */
  readonly price: number;
  /** Whether the model knows the script of a text: of one that it does not, all texts look the same to it. Default: it does. */
  reads?(text: string): boolean;
  /**
   * Keeps what succeeded: a text that cannot be embedded, or whose request failed, is among the failures.
   * @throws ProviderError when nothing succeeded for a reason that is not the texts', or the signal's reason
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Embedded>;
  /** Lets go of what the provider holds. Requests still waiting end as unavailable. May be called twice. */
  close(): Promise<void>;
}

/** The columns of an embedding version that say who makes its vectors. */
export interface ProviderVersion {
  readonly provider: string;
  readonly model: string;
  readonly dimensions: number;
  /** What the model makes, when that is cut to `dimensions`; null or absent when nothing is cut. */
  readonly native_dimensions?: number | null;
}

/** What so many tokens cost, in US dollars. */
export function costOf(provider: Pick<EmbeddingProvider, 'price'>, tokens: number): number {
  return (provider.price * tokens) / 1_000_000;
}
