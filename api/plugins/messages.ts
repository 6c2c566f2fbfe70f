import {
  type PgResource,
  type PgSelectSingleStep,
  type PgSelectStep,
  pgSelect,
} from 'postgraphile/@dataplan/pg';
import { type ConnectionStep, connection, type Step } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';

type Row = PgSelectSingleStep;
type Connection = ConnectionStep<Step>;

/**
 * Messages are partitioned by month on their own time-ordered id, while lists of them are asked for by conversation. A
 * conversation's id and its last message bound its messages, so only the partitions that it lives in are touched.
 *
 * Those of a conversation that is warm or cold are packed: they come from a function, joined so that its branch is planned
 * away for a hot one. Order, limit, cursors and filters are the same for both.
 */
export const MessagesPlugin: GraphileConfig.Plugin = wrapPlans(
  (build) => {
    const { sql, dataplanPg } = build;
    if (!sql || !dataplanPg) throw new Error('MessagesPlugin needs the plugins of graphile-build-pg');
    const { uuid } = dataplanPg.TYPES;
    const { messages: resource } = build.pgResources as Record<string, PgResource>;
    const operators = { '>=': sql`>=`, '<=': sql`<=` };

    function bound($connection: Connection, operator: keyof typeof operators, $id: Step): void {
      const $messages = $connection.getSubplan() as unknown as PgSelectStep;
      const id = $messages.placeholder($id as Parameters<typeof $messages.placeholder>[0], uuid as never);
      $messages.where(sql!`${$messages.alias}.id ${operators[operator]} ${id}`);
    }

    return {
      Conversation: {
        messages(_plan, $source, fieldArgs) {
          const $conversation = $source as unknown as Row;
          const $id = $conversation.get('id');
          const $messages = pgSelect({
            resource: resource!,
            identifiers: [
              { step: $id as never, codec: uuid, matches: (alias) => sql`${alias}.conversation_id` },
            ],
            from: {
              callback: ($select) => {
                const id = $select.placeholder($id as never, uuid as never);
                const tier = $select.placeholder($conversation.get('storage_tier') as never);
                return sql`(
                  select stored.* from ${resource!.from as never} as stored
                  union all
                  select packed.* from app_hidden.read_packed_messages(${id}, null, null) as packed where ${tier} <> 'hot'
                )`;
              },
            },
          });
          const $connection = connection($messages as never) as unknown as Connection;
          fieldArgs.autoApply($connection);
          bound($connection, '>=', $id);
          bound($connection, '<=', $conversation.get('last_message_id'));
          return $connection;
        },
      },
    };
  },
  { name: 'MessagesPlugin', version: '1.0.0' },
);
