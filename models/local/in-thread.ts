import { countTokens } from '../../chunking/tokens.ts';
import type { Embedded } from '../provider.ts';
import { emptyText } from '../remote/batches.ts';
import { isBlank } from '../vectors.ts';
import type { LocalEngine } from './local-engine.ts';

/** Embeds with a model of this machine, all texts but the empty ones. */
export async function inThread(
  engine: LocalEngine,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Embedded> {
  const result: Embedded = { vectors: new Array(texts.length).fill(undefined), tokens: 0, failures: [] };
  const positions: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (isBlank(text)) result.failures.push(emptyText(i, texts.length));
    else positions.push(i);
  }
  const vectors = await engine.embed(
    positions.map((i) => texts[i]!),
    signal,
  );
  for (const [i, position] of positions.entries()) {
    result.vectors[position] = vectors[i];
    result.tokens += countTokens(texts[position]!);
  }
  return result;
}
