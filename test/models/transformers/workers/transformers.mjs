/** The part of the package transformers that is used, with a model of four numbers. */
export const env = {};

export async function pipeline(task, model) {
  if (task !== 'feature-extraction') throw new Error(`no task ${task}`);
  if (model === 'missing') throw new Error(`there is no model ${model}`);
  if (env.localModelPath && env.allowRemoteModels !== false) throw new Error('the hub was not closed');
  return async (texts) => ({
    data: Float32Array.from(texts.flatMap((text) => [text.length, text.charCodeAt(0), 1, 2])),
  });
}
