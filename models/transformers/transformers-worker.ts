import { workerData } from 'node:worker_threads';
import { threadTask } from '../../lib/thread-task.ts';
import type { ModelReply } from '../model-threads.ts';

/** What a thread for a model of the package transformers is given. */
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

async function answer(texts: string[]): Promise<ModelReply> {
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

/** The thread in which the model computes; transformers.ts is the other end. */
export default threadTask(answer);
