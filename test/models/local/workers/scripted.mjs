import { parentPort } from 'node:worker_threads';

/** Stands in for the model: each text says what its vector of three dimensions shall be, or what shall go wrong. */
parentPort.on('message', ({ texts }) => {
  if (texts.includes('die')) throw new Error('as told');
  if (texts.includes('hang')) return;
  if (texts.includes('refuse')) {
    parentPort.postMessage({ kind: 'unavailable', message: 'as told' });
    return;
  }
  if (texts.includes('chatter')) process.stdout.write('a banner nobody asked for\n');
  const vectors = texts.flatMap((text) => {
    if (text === 'nan') return [1, Number.NaN, 1];
    if (text === 'infinite') return [1, Number.POSITIVE_INFINITY, 1];
    if (text === 'zero') return [0, 0, 0];
    if (text === 'short') return [1, 0];
    return [text.length, 0, 3];
  });
  parentPort.postMessage({ vectors: Float32Array.from(vectors) });
});
