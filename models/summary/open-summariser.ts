import { type Env, env as ownEnv } from '../../lib/env.ts';
import { ColloquyError } from '../../lib/errors.ts';
import type { ProviderOptions } from '../open-provider.ts';
import { endpointOf } from '../remote/endpoints.ts';
import { ownGuards } from '../remote/guard.ts';
import { openChat } from './chat.ts';
import type { Summariser } from './summariser.ts';

/** No model is asked. The second is what this was called when sentences were chosen here. */
const NONE = new Set(['none', 'extractive']);

/**
 * Opens the summariser that the settings name; null where long texts are found by their passages alone.
 * @throws ColloquyError CQ310 when there is none of that name, CQ314 without address or model
 */
export function openSummariser({
  env = ownEnv,
  guards = ownGuards,
}: ProviderOptions = {}): Summariser | null {
  const { SUMMARY_PROVIDER: name, SUMMARY_MODEL: model }: Env = env;
  const prices = { input: env.SUMMARY_INPUT_PRICE, output: env.SUMMARY_OUTPUT_PRICE };
  if (NONE.has(name)) return null;
  const endpoint = endpointOf(name, env);
  if (!endpoint) {
    throw new ColloquyError('CQ310', `There is no summariser "${name}"`, {
      hint: 'Set SUMMARY_PROVIDER to none, openai-compatible or a name of EMBEDDING_ENDPOINTS.',
    });
  }
  if (model === undefined) {
    throw new ColloquyError('CQ314', `The summariser "${name}" needs a model`, {
      hint: 'Set SUMMARY_MODEL, for example to gpt-4o-mini.',
    });
  }
  return openChat({ name, model, endpoint, prices }, guards);
}
