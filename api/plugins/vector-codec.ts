import { gatherConfig } from 'postgraphile/graphile-build';
import { GraphQLError, Kind, type ValueNode } from 'postgraphile/graphql';

/** pgvector takes no more. */
const MAX_DIMENSIONS = 16_000;

/** What halfvec and vector print: [1,2.5,3]. */
function fromText(text: string): number[] {
  return JSON.parse(text) as number[];
}

/** The text of a vector, after checking that it is one. */
function toText(value: unknown): string {
  return `[${checked(value).join(',')}]`;
}

function checked(value: unknown): number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_DIMENSIONS) {
    throw new GraphQLError(`A Vector is a list of 1 to ${MAX_DIMENSIONS} numbers.`);
  }
  for (const item of value) {
    if (typeof item !== 'number' || !Number.isFinite(item)) {
      throw new GraphQLError('A Vector contains only finite numbers.');
    }
  }
  return value as number[];
}

function fromLiteral(node: ValueNode): number[] {
  if (node.kind !== Kind.LIST) throw new GraphQLError('A Vector is a list of numbers.');
  return checked(
    node.values.map((item) =>
      item.kind === Kind.INT || item.kind === Kind.FLOAT ? Number(item.value) : item,
    ),
  );
}

/**
 * Teaches PostGraphile the types vector and halfvec. Without a codec their columns are dropped and functions that take
 * one are skipped.
 */
export const VectorCodecPlugin: GraphileConfig.Plugin = {
  name: 'VectorCodecPlugin',
  version: '1.0.0',
  gather: gatherConfig({
    hooks: {
      async pgCodecs_findPgCodec(info, event) {
        if (event.pgCodec) return;
        const { typname, typnamespace } = event.pgType;
        if (typname !== 'vector' && typname !== 'halfvec') return;
        const extension = await info.helpers.pgIntrospection.getExtensionByName(event.serviceName, 'vector');
        if (extension?.extnamespace !== typnamespace) return;
        const { sql } = info.lib;
        event.pgCodec = {
          name: typname,
          sqlType: sql.identifier('extensions', typname),
          fromPg: fromText,
          toPg: toText,
          attributes: undefined,
          executor: null,
        };
      },
    },
  }),
  schema: {
    hooks: {
      init(_, build) {
        let isRegistered = false;
        for (const codec of Object.values(build.pgCodecs)) {
          if (codec.name !== 'vector' && codec.name !== 'halfvec') continue;
          if (!isRegistered) {
            build.registerScalarType(
              'Vector',
              { pgCodec: codec },
              () => ({
                description: 'A list of numbers, as an embedding model gives it.',
                serialize: (value: unknown) => (typeof value === 'string' ? fromText(value) : value),
                parseValue: checked,
                parseLiteral: fromLiteral,
              }),
              'Vector scalar',
            );
            isRegistered = true;
          }
          build.setGraphQLTypeForPgCodec(codec, ['input', 'output'], 'Vector');
        }
        return _;
      },
    },
  },
};
