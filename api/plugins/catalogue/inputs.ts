import type { PgResource, PgResourceParameter } from 'postgraphile/@dataplan/pg';
import type { GraphQLInputType } from 'postgraphile/graphql';
import { extendSchema } from 'postgraphile/utils';
import { JSON_INPUTS, jsonInputTypes } from './json-inputs.ts';

const descriptionOf = (parameter: PgResourceParameter | undefined): string | undefined =>
  (parameter?.extensions as { description?: string } | undefined)?.description;

type PgFunction = PgResource & { parameters: readonly PgResourceParameter[] };

// biome-ignore lint/suspicious/noExplicitAny: as in the types of graphile-build-pg
const isFunction = (resource: PgResource): resource is PgResource<any, any, any, any, any> & PgFunction =>
  Boolean(resource.parameters);

/** The functions behind the fields of Mutation, by the name of their input. */
const byInput = new WeakMap<object, Map<string, PgResource>>();

function functionOf(build: GraphileBuild.Build, inputName: string): PgResource | undefined {
  let found = byInput.get(build);
  if (!found) {
    found = new Map();
    for (const resource of Object.values(build.pgResources) as PgResource[]) {
      if (!isFunction(resource) || !resource.isMutation) continue;
      found.set(build.inflection.customMutationInput({ resource }), resource);
    }
    byInput.set(build, found);
  }
  return found.get(inputName);
}

/**
 * Arguments of functions, as clients see them: described, and of a type of their own where SQL takes JSON of a form that is
 * ours. Which may be left out, PostGraphile reads from the catalogue (`pgStrictFunctions`): those with a default.
 */
export const InputsPlugin: GraphileConfig.Plugin = {
  name: 'InputsPlugin',
  version: '1.0.0',
  after: ['PgCustomTypeFieldPlugin'],
  schema: {
    hooks: {
      build(build) {
        const details = build.pgGetArgDetailsFromParameters;
        if (!details) return build;
        build.pgGetArgDetailsFromParameters = (resource, parameters = resource.parameters, offset = 0) => {
          const result = details(resource, parameters, offset);
          const typed = result.argDetails.map((detail) => ({
            ...detail,
            inputType: typedInput(build as GraphileBuild.Build, resource, detail),
          }));
          const makeFieldArgs = () =>
            Object.fromEntries(
              typed.map(({ graphqlArgName, inputType, postgresArgName }) => {
                const parameter = (parameters ?? []).find(({ name }) => name === postgresArgName);
                return [graphqlArgName, { type: inputType, description: descriptionOf(parameter) }];
              }),
            ) as ReturnType<typeof result.makeFieldArgs>;
          return { ...result, argDetails: typed, makeFieldArgs };
        };
        return build;
      },
      GraphQLInputObjectType_fields_field(field, build, { scope, Self }) {
        if (!scope.isMutationInput || field.description) return field;
        const parameter = functionOf(build, Self.name)?.parameters?.find(
          (one) => build.inflection.camelCase(one.name ?? '') === scope.fieldName,
        );
        const description = descriptionOf(parameter);
        return description ? { ...field, description } : field;
      },
    },
  },
};

interface Detail {
  inputType: GraphQLInputType;
  postgresArgName?: string | null | undefined;
  pgCodec: { name: string };
}

function typedInput(
  build: GraphileBuild.Build,
  resource: PgResource,
  { inputType, postgresArgName, pgCodec }: Detail,
): GraphQLInputType {
  if (pgCodec.name !== 'jsonb') return inputType;
  const type = JSON_INPUTS[`${resource.name}.${postgresArgName}`] ?? JSON_INPUTS[postgresArgName ?? ''];
  if (!type) return inputType;
  const { GraphQLList, GraphQLNonNull } = build.graphql;
  const whole = new GraphQLList(new GraphQLNonNull(build.getInputTypeByName(type)));
  return inputType instanceof GraphQLNonNull ? new GraphQLNonNull(whole) : whole;
}

/** The types of such JSON. */
export const JsonInputsPlugin = extendSchema(() => ({ typeDefs: jsonInputTypes }), 'JsonInputsPlugin');
