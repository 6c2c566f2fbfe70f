import { type Env, env as ownEnv } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { ProviderOptions } from '../open-provider.ts';
import { endpointOf } from '../remote/endpoints.ts';
import { ownGuards } from '../remote/guard.ts';
import { openChat } from './chat.ts';
import { summariseByExtract } from './extractive.ts';
import type { Summariser } from './summariser.ts';

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
