import { enumCodec, listOfCodec, type PgCodec } from 'postgraphile/@dataplan/pg';
import { gatherConfig } from 'postgraphile/graphile-build';
import { CLOSED_LISTS } from './closed-lists.ts';

declare global {
  namespace GraphileConfig {
    interface GatherHelpers {
      closedLists: Record<string, never>;
    }
  }
}

/** By the place that takes one, the name of its list. */
const LIST_AT = new Map(
  Object.entries(CLOSED_LISTS).flatMap(([name, { at }]) => at.map((place) => [place, name] as const)),
);

/** By the domain whose check closes it, the name of its list. */
const LIST_OF_DOMAIN = new Map(
  Object.entries(CLOSED_LISTS).flatMap(([name, { domain }]) => (domain ? [[domain, name] as const] : [])),
);

const valuesOf = (name: string) =>
  Object.entries(CLOSED_LISTS[name]!.values).map(([value, description]) => ({ value, description }));

/** An enum of GraphQL over text: what is stored, and what functions take, stays the text that it is. */
function makeEnum(name: string, text: PgCodec): PgCodec {
  const { description } = CLOSED_LISTS[name]!;
  const extensions = { tags: { name } };
  return enumCodec({ name, identifier: text.sqlType, values: valuesOf(name), description, extensions });
}

/** The columns, attributes and arguments of closed-lists.ts, as enums. */
export const ClosedListsPlugin: GraphileConfig.Plugin = {
  name: 'ClosedListsPlugin',
  version: '1.0.0',
  after: ['NamesPlugin'],
  inflection: {
    replace: {
      enumValue(previous, _options, value, codec) {
        return CLOSED_LISTS[codec.name]?.names?.[value] ?? previous!(value, codec);
      },
    },
  },
  gather: gatherConfig({
    namespace: 'closedLists',
    initialState: () => ({ enums: new Map<string, PgCodec>() }),
    helpers: {},
    hooks: {
      // a domain is an enum wherever it is used
      pgCodecs_PgCodec(_info, { pgCodec, pgType }) {
        const name = pgType.typtype === 'd' && LIST_OF_DOMAIN.get(pgType.typname);
        if (!name) return;
        const { description } = CLOSED_LISTS[name]!;
        Object.assign(pgCodec, {
          values: valuesOf(name),
          isEnum: true,
          domainOfCodec: undefined,
          description,
        });
      },
      async pgCodecs_attribute(info, { serviceName, pgClass, pgAttribute, attribute }) {
        const place = `${pgClass.relname}.${pgAttribute.attname}`;
        attribute.codec = await enumAt(info, serviceName, place, attribute.codec);
      },
      async pgProcedures_PgResourceOptions(info, { serviceName, pgProc, resourceOptions }) {
        for (const parameter of resourceOptions.parameters ?? []) {
          const place = `${pgProc.proname}.${parameter.name}`;
          parameter.codec = await enumAt(info, serviceName, place, parameter.codec);
        }
      },
    },
  }),
};

type Info = {
  state: { enums: Map<string, PgCodec> };
  helpers: Pick<GraphileConfig.GatherHelpers, 'pgCodecs' | 'pgIntrospection'>;
};

/** What a column or an argument is: what it was, or an enum, or a list of one. */
async function enumAt(
  { state, helpers }: Info,
  serviceName: string,
  place: string,
  codec: PgCodec,
): Promise<PgCodec> {
  const name = LIST_AT.get(place);
  if (!name) return codec;
  const { domain } = CLOSED_LISTS[name]!;
  let made = state.enums.get(name);
  if (!made && domain) {
    const type = await helpers.pgIntrospection.getTypeByName(serviceName, 'app_public', domain);
    made = (await helpers.pgCodecs.getCodecFromType(serviceName, type!._id)) ?? undefined;
  }
  made ??= makeEnum(name, codec.arrayOfCodec ?? codec);
  state.enums.set(name, made);
  return codec.arrayOfCodec ? listOfCodec(made as Parameters<typeof listOfCodec>[0]) : made;
}
