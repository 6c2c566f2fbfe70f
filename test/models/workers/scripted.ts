import { threadTask } from '../../../lib/thread-task.ts';
import type { ModelReply } from '../../../models/model-threads.ts';

const vectorOf = (text: string): number[] => {
  if (text === 'nan') return [1, Number.NaN, 1];
  if (text === 'infinite') return [1, Number.POSITIVE_INFINITY, 1];
  if (text === 'zero') return [0, 0, 0];
  if (text === 'short') return [1, 0];
  return [text.length, 0, 3];
};

/** Stands in for the model: each text says what its vector of three dimensions shall be, or what shall go wrong. */
export default threadTask((texts: string[]): ModelReply | Promise<ModelReply> => {
  if (texts.includes('die')) {
    setImmediate(() => {
      throw new Error('as told');
    });
  }
  if (texts.includes('die') || texts.includes('hang')) return new Promise(() => {});
  if (texts.includes('refuse')) return { kind: 'unavailable', message: 'as told' };
  if (texts.includes('chatter')) process.stdout.write('a banner nobody asked for\n');
  return { vectors: Float32Array.from(texts.flatMap(vectorOf)) };
});
