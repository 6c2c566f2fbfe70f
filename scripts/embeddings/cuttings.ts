import type { ChunkingMethod, ChunkSizes } from '../../chunking/chunk.ts';
import { table, UsageError } from '../../lib/cli.ts';
import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';
import { type ChunkingComparison, compareChunkings } from '../../models/compare-chunkings.ts';
import { modelOf } from '../../models/model.ts';
import { openProvider } from '../../models/open-provider.ts';
import { activeOf } from './versions.ts';

/** @throws ColloquyError CQ311 for what is no way to cut */
function readWay(text: string): ChunkSizes {
  const [, size, overlap, method] =
    /^(\d{2,4})(?:\/(\d{1,4}))?(?:\/(structure|sentence|fixed))?$/.exec(text) ?? [];
  const chunkSize = Number(size);
  const chunkOverlap = Number(overlap ?? 0);
  if (!(chunkSize >= 16 && chunkSize <= 8192 && chunkOverlap <= chunkSize / 2)) {
    throw new UsageError('CQ311', `Text cannot be cut by "${text}".`, {
      hint: 'A way is size/overlap/method: 16 to 8192 tokens, an overlap of at most half, and structure, sentence or fixed.',
    });
  }
  return { chunkSize, chunkOverlap, method: (method ?? 'structure') as ChunkingMethod };
}

export async function compareWays(
  database: Database,
  ways: readonly string[],
  { documents = 100, tokens = 1000 }: { documents?: number; tokens?: number },
): Promise<ChunkingComparison> {
  const cuttings = ways.map(readWay);
  const owner = database.pool('owner');
  const model = await modelOf(owner, await activeOf(owner));
  const provider = openProvider(model);
  try {
    const comparison = await compareChunkings(owner, model, provider, cuttings, { most: documents, tokens });
    if (comparison.questions > 0) return comparison;
    throw new ColloquyError('CQ035', 'There is no document that could be asked about.', {
      hint: 'npm run import adds some.',
    });
  } finally {
    await provider.close();
  }
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;

export function showCuttings(
  { source, documents, questions, results }: ChunkingComparison,
  tokens: number,
): string {
  const asked = source === 'answers' ? 'that users asked' : 'made of sentences';
  return [
    `${questions} questions ${asked}, ${documents} documents, a context of ${tokens} tokens`,
    '',
    table([
      ['size', 'overlap', 'method', 'passages', 'tokens', 'evidence found', 'difference (95 %)'],
      ...results.map((one) => [
        String(one.chunkSize),
        String(one.chunkOverlap),
        String(one.method),
        one.passages.toLocaleString('en'),
        one.tokens.toLocaleString('en'),
        one.coverage.toFixed(3),
        one.difference ? `${signed(one.difference.low)} to ${signed(one.difference.high)}` : '-',
      ]),
    ]),
  ].join('\n');
}
