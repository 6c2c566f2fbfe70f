import { type PgResource, type PgSelectSingleStep, pgSelect } from 'postgraphile/@dataplan/pg';
import type { Step } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';

type Row = PgSelectSingleStep;

/** What a message is found by in whatever tier it is in: a function looks for the row, and then into the archive. */
function finder(build: Partial<GraphileBuild.Build>): (id: Step) => Row {
  const { sql, dataplanPg } = build;
  if (!sql || !dataplanPg) throw new Error('PackedMessagesPlugin needs the plugins of graphile-build-pg');
  const { uuid } = dataplanPg.TYPES;
  const { messages: resource } = build.pgResources as Record<string, PgResource>;
  return ($id) =>
    pgSelect({
      resource: resource!,
      identifiers: [{ step: $id, codec: uuid, matches: (alias) => sql`${alias}.id` }],
      from: {
        callback: ($select) => sql`app_hidden.find_message(${$select.placeholder($id, uuid)})`,
      },
    }).single() as Row;
}

/** By its global id: `node` and `messageByNodeId` ask the handler of the type. */
const PackedNodesPlugin: GraphileConfig.Plugin = {
  name: 'PackedNodesPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      init: {
        after: ['PgTableNodePlugin'],
        callback(init, build) {
          const handler = build.getNodeIdHandler?.('Message');
          if (!handler) throw new Error('Messages have no global id.');
          const find = finder(build);
          handler.get = (spec: { id: Step }) => find(spec.id);
          return init;
        },
      },
    },
  },
};

const PackedFieldsPlugin = wrapPlans(
  (build) => {
    const find = finder(build);
    const ofRow = (_plan: unknown, $row: Step) => find(($row as Row).get('message_id') as Step);
    return {
      Query: {
        message: (_plan, _$root, fieldArgs) => find(fieldArgs.getRaw('id')),
      },
      Message: {
        parent: (_plan, $message) => find(($message as Row).get('parent_id') as Step),
      },
      SearchResult: { message: ofRow },
      ToolCall: { message: ofRow },
      MessageChunk: { message: ofRow },
      MessageFeedback: { message: ofRow },
      GeneratedImage: { message: ofRow },
    };
  },
  { name: 'PackedFieldsPlugin', version: '1.0.0' },
);

/**
 * Messages of a conversation that is warm or cold are packed. Whoever asks for one by its id, or comes to it from another row,
 * gets it from where it is. MessagesPlugin does so for those of a conversation, and for replies.
 */
export const packedMessagesPlugins: GraphileConfig.Plugin[] = [PackedNodesPlugin, PackedFieldsPlugin];
