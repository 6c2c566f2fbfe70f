import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from '../local/local-worker.ts';

/** The thread in which a model of the package transformers computes. local-engine.ts is the other end. */
export interface TransformersData {
  /** Address of the package. */
  module: string;
  model: string;
  modelsDir: string | undefined;
}

/** The part of the package that is used. */
type Extractor = (
  texts: string[],
  options: { pooling: 'mean'; normalize: boolean },
) => Promise<{ data: ArrayLike<number> }>;
interface Transformers {
  env: { localModelPath: string; allowRemoteModels: boolean; allowLocalModels: boolean };
  pipeline(task: 'feature-extraction', model: string): Promise<Extractor>;
}

let loading: Promise<Extractor> | undefined;

async function load({ module, model, modelsDir }: TransformersData): Promise<Extractor> {
  const { env, pipeline }: Transformers = await import(module);
  if (modelsDir) {
    env.localModelPath = modelsDir;
    env.allowLocalModels = true;
    env.allowRemoteModels = false;
  }
  return pipeline('feature-extraction', model);
}

async function answer({ texts }: WorkerRequest): Promise<WorkerReply> {
  let extract: Extractor;
  try {
    loading ??= load(workerData as TransformersData);
    extract = await loading;
  } catch (error) {
    loading = undefined;
    return { kind: 'misconfigured', message: `The model could not be loaded: ${String(error)}` };
  }
  try {
    const { data } = await extract(texts, { pooling: 'mean', normalize: true });
    return { vectors: Float32Array.from(data) };
  } catch (error) {
    return { kind: 'bad_output', message: `The model failed: ${String(error)}` };
  }
}

parentPort?.on('message', async (request: WorkerRequest) => {
  const reply = await answer(request);
  parentPort?.postMessage(reply, 'vectors' in reply ? [reply.vectors.buffer as ArrayBuffer] : []);
});
