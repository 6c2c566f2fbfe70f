import type { PgCodec, PgResource } from 'postgraphile/@dataplan/pg';
import type { GraphQLNamedType, GraphQLOutputType } from 'postgraphile/graphql';
import { RESULT_DESCRIPTIONS } from '../../smart-tags/functions.ts';
import { NEVER_SHOWN_NULL } from '../../smart-tags/nullability.ts';

const words = (name: string): string =>
  name
    .replace(/_/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

const ORDERS: Record<string, string> = {
  NATURAL: 'In no particular order: the quickest.',
  PRIMARY_KEY_ASC: 'By the key, which is by time: oldest first.',
  PRIMARY_KEY_DESC: 'By the key, which is by time: newest first.',
};

/** What an order of a list says: TITLE_DESC. */
function orderDescription(name: string): string | undefined {
  if (ORDERS[name]) return ORDERS[name];
  const [, column, direction] = /^(.+)_(ASC|DESC)$/.exec(name) ?? [];
  return column && `By ${words(column)}, ${direction === 'ASC' ? 'ascending' : 'descending'}.`;
}

interface PgScope {
  pgCodec?: PgCodec;
  pgTypeResource?: PgResource;
  pgFieldResource?: PgResource;
  isPgRowSortEnum?: boolean;
}

const columnOf = (codec: PgCodec | undefined, column: string): string | undefined =>
  (codec?.attributes as Record<string, { description?: string }> | undefined)?.[column]?.description;

/** The same of the first line of what a type is described by, as the end of a sentence. */
const nameOf = (type: GraphQLNamedType): string => words(type.name);

/** Descriptions that follow from what a thing is: orders of lists, keys that rows are looked up by, and what mutations give. */
export const DescriptionsPlugin: GraphileConfig.Plugin = {
  name: 'DescriptionsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType(config, _build, { scope }) {
        const { pgCodec } = scope as PgScope;
        const description = config.description || (pgCodec?.isAnonymous && pgCodec.description);
        return description ? { ...config, description } : config;
      },
      GraphQLScalarType(config, build) {
        const codec = config.description ? undefined : (build.allPgCodecs as Set<PgCodec>);
        const domain = [...(codec ?? [])].find(
          (one) => one.domainOfCodec && build.inflection.scalarCodecTypeName(one as never) === config.name,
        );
        return domain?.description ? { ...config, description: domain.description } : config;
      },
      GraphQLEnumType_values_value(value, _build, { scope }) {
        const { isPgRowSortEnum } = scope as PgScope;
        if (!isPgRowSortEnum || value.description) return value;
        const description = orderDescription(scope.valueName);
        return description ? { ...value, description } : value;
      },
      GraphQLObjectType_fields_field(given, build, { scope, Self }) {
        const { GraphQLNonNull, getNullableType } = build.graphql;
        const field = NEVER_SHOWN_NULL[Self.name]?.includes(scope.fieldName)
          ? { ...given, type: new GraphQLNonNull(getNullableType(given.type)) }
          : given;
        if (field.description) return listed(build, field, (scope as PgScope).pgCodec);
        if (!Self.name.endsWith('Payload')) return field;
        const type = build.graphql.getNamedType(field.type);
        const description =
          RESULT_DESCRIPTIONS[scope.fieldName] ?? rowDescription(build, type, scope.fieldName);
        return description ? { ...field, description } : field;
      },
      GraphQLObjectType_fields_field_args_arg(argument, build, { scope }) {
        if (argument.description) return argument;
        const { pgFieldResource, pgCodec } = scope as PgScope;
        const codec = pgFieldResource?.codec ?? pgCodec;
        const column = Object.keys(codec?.attributes ?? {}).find(
          (name) => build.inflection.camelCase(name) === scope.argName,
        );
        const description = columnOf(codec, column ?? '');
        return description ? { ...argument, description } : argument;
      },
    },
  },
};

function rowDescription(
  build: GraphileBuild.Build,
  type: GraphQLNamedType,
  fieldName: string,
): string | undefined {
  if (/^deleted\w+NodeId$/.test(fieldName)) return 'The nodeId that the deleted row had.';
  if (build.graphql.isLeafType(type)) return undefined;
  return `The ${nameOf(type)} as it is now.`;
}

/** Lists within a row that functions return have no holes. */
function listed<Field extends { type: GraphQLOutputType }>(
  build: GraphileBuild.Build,
  field: Field,
  codec?: PgCodec,
): Field {
  const { GraphQLList, GraphQLNonNull, getNullableType, isObjectType } = build.graphql;
  const list = getNullableType(field.type);
  if (!codec || !(list instanceof GraphQLList) || !isObjectType(list.ofType)) return field;
  const whole = new GraphQLList(new GraphQLNonNull(list.ofType));
  return { ...field, type: field.type instanceof GraphQLNonNull ? new GraphQLNonNull(whole) : whole };
}
