import { type Env, env as ownEnv } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { ProviderOptions } from '../provider.ts';
import { endpointOf } from '../remote/endpoints.ts';
import { ownGuards } from '../remote/guards.ts';
import { openChat } from './chat.ts';
import { summariseByExtract } from './extractive.ts';

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

/** The built-in one: it chooses sentences, needs no network and no key, and answers the same every time. */
function openExtractive(): Summariser {
  return {
    name: 'extractive',
    model: 'sentences',
    async summarise(text, signal) {
      signal?.throwIfAborted();
      return { text: summariseByExtract(text), promptTokens: 0, completionTokens: 0, costUsd: 0 };
    },
    async close() {},
  };
}

/**
 * Opens the summariser that the settings name.
 * @throws ColloquyError CQ310 when there is none of that name, CQ314 without address or model
 */
export function openSummariser({ env = ownEnv, guards = ownGuards }: ProviderOptions = {}): Summariser {
  const { SUMMARY_PROVIDER: name, SUMMARY_MODEL: model }: Env = env;
  const prices = { input: env.SUMMARY_INPUT_PRICE, output: env.SUMMARY_OUTPUT_PRICE };
  if (name === 'extractive') return openExtractive();
  const endpoint = endpointOf(name, env);
  if (!endpoint) {
    throw new ColloquyError('CQ310', `There is no summariser "${name}"`, {
      hint: 'Set SUMMARY_PROVIDER to extractive, openai-compatible or a name of EMBEDDING_ENDPOINTS.',
    });
  }
  if (model === undefined) {
    throw new ColloquyError('CQ314', `The summariser "${name}" needs a model`, {
      hint: 'Set SUMMARY_MODEL, for example to gpt-4o-mini.',
    });
  }
  return openChat({ name, model, endpoint, prices }, guards);
}
