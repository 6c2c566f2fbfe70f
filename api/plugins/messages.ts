import type { PgSelectSingleStep, PgSelectStep } from 'postgraphile/@dataplan/pg';
import type { ConnectionStep, Step } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';

type Row = PgSelectSingleStep;
type Connection = ConnectionStep<Step>;

/**
 * Messages are partitioned by month on their own time-ordered id, while lists of them are asked for by conversation. A
 * conversation's id and its last message bound its messages, so only the partitions that it lives in are touched.
 */
export const MessagesPlugin: GraphileConfig.Plugin = wrapPlans(
  (build) => {
    const { sql, dataplanPg } = build;
    if (!sql || !dataplanPg) throw new Error('MessagesPlugin needs the plugins of graphile-build-pg');
    const { uuid } = dataplanPg.TYPES;
    const operators = { '>=': sql`>=`, '>': sql`>`, '<=': sql`<=` };

    function bound($connection: Connection, operator: keyof typeof operators, $id: Step): void {
      const $messages = $connection.getSubplan() as unknown as PgSelectStep;
      const id = $messages.placeholder($id as Parameters<typeof $messages.placeholder>[0], uuid as never);
      $messages.where(sql!`${$messages.alias}.id ${operators[operator]} ${id}`);
    }

    return {
      Conversation: {
        messages(plan, $source) {
          const $connection = plan() as Connection;
          const $conversation = $source as unknown as Row;
          bound($connection, '>=', $conversation.get('id'));
          bound($connection, '<=', $conversation.get('last_message_id'));
          return $connection;
        },
      },
      Message: {
        replies(plan, $source) {
          const $connection = plan() as Connection;
          bound($connection, '>', ($source as unknown as Row).get('id'));
          return $connection;
        },
      },
    };
  },
  { name: 'MessagesPlugin', version: '1.0.0' },
);
