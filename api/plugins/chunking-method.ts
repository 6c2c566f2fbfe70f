import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { lambda, type Step } from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';

/** How an embedding version cuts, as createEmbeddingVersion takes it. */
export const ChunkingMethodPlugin: GraphileConfig.Plugin = extendSchema(
  () => ({
    typeDefs: gql`
      extend type EmbeddingVersion {
        """Where a passage ends when a text is cut."""
        chunkingMethod: ChunkingMethod!
      }
    `,
    objects: {
      EmbeddingVersion: {
        plans: {
          chunkingMethod($source: Step) {
            const $strategy = ($source as PgSelectSingleStep).get('chunking_strategy');
            return lambda($strategy, (strategy) => (strategy as { method?: string }).method ?? 'structure');
          },
        },
      },
    },
  }),
  'ChunkingMethodPlugin',
);
