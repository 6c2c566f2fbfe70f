/** What a summary takes. */
export interface SummaryUsage {
  promptTokens: number;
  completionTokens: number;
  costUsd: number;
}

export interface Summary extends SummaryUsage {
  /** Shorter than what it sums up, or the same when that is short. */
  text: string;
}

/** Makes a short text of a long one. Safe to share. */
export interface Summariser {
  readonly name: string;
  readonly model: string;
  /** What the summary of a text may take at most. Absent where no service is asked: nothing is set aside and logged then. */
  estimate?(text: string): SummaryUsage;
  /** @throws ProviderError, or the signal's reason */
  summarise(text: string, signal?: AbortSignal): Promise<Summary>;
  close(): Promise<void>;
}
