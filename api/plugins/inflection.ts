/**
 * What a function returns is called by its type: postMessage { message }. Enum values are upper case, as GraphQL has them. The column `id` is `id`, and Relay's global identifier is `nodeId`: the ids in URLs, logs and SQL are the ones that
 * clients work with.
 */
export const NamesPlugin: GraphileConfig.Plugin = {
  name: 'NamesPlugin',
  version: '1.0.0',
  after: ['PgAttributesPlugin', 'PgMutationUpdateDeletePlugin', 'PgSimplifyInflectionPlugin'],
  inflection: {
    ignoreReplaceIfNotExists: ['nodeIdFieldName'],
    replace: {
      _attributeName(previous, _options, details) {
        const name = previous!(details);
        return !details.skipRowId && name === 'row_id' && details.attributeName === 'id' ? 'id' : name;
      },
      enumValue(previous, _options, value, codec) {
        return this.constantCase(previous!(value, codec));
      },
      functionMutationResultFieldName(previous, _options, details) {
        const name = previous!(details);
        const isRow = name === 'result' && details.resource.codec.attributes;
        if (!isRow) return name;
        const rowName = this.camelCase(details.returnGraphQLTypeName);
        return details.resource.isUnique ? rowName : this.pluralize(rowName);
      },
      nodeIdFieldName() {
        return 'nodeId';
      },
    },
  },
};
