import { ColloquyError } from '../../lib/errors.ts';
import { ProviderError } from '../error.ts';
import { embedInThreads, ModelThreads } from '../model-threads.ts';
import type { EmbeddingProvider, ProviderVersion } from '../provider.ts';
import type { TransformersData } from './transformers-worker.ts';

const PACKAGE = '@huggingface/transformers';

/** Where the package lies, or nothing when it is not installed. */
function installed(specifier: string): string {
  try {
    return import.meta.resolve(specifier);
  } catch (error) {
    throw new ColloquyError('CQ313', `The provider "transformers" needs the package ${PACKAGE}`, {
      hint: `Install it: npm install ${PACKAGE}`,
      cause: error,
    });
  }
}

/**
 * Models in ONNX form, computed on this machine by an optional package, in a thread of its own.
 * @param options.modelsDir  folder with models; without it they come from the hub, once
 * @param options.specifier  another package of the same interface, for tests
 * @throws ColloquyError CQ313 when the package is not installed
 */
export function openTransformers(
  { model, dimensions }: ProviderVersion,
  { modelsDir, specifier = PACKAGE }: { modelsDir?: string | undefined; specifier?: string } = {},
): EmbeddingProvider {
  const data: TransformersData = { module: installed(specifier), model, modelsDir };
  const threads = new ModelThreads(new URL('./transformers-worker.ts', import.meta.url), dimensions, {
    data,
  });
  let open = true;
  return {
    name: 'transformers',
    model,
    dimensions,
    // a model says itself what it reads, and cuts off the rest
    maxTokens: 512,
    price: 0,
    async embed(texts, signal) {
      if (!open) throw new ProviderError('unavailable', 'The embedding provider "transformers" is closed');
      return embedInThreads(threads, texts, signal);
    },
    async close() {
      open = false;
      await threads.close();
    },
  };
}
