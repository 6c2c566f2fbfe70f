import {
  type PgResource,
  type PgSelectSingleStep,
  type PgSelectStep,
  pgSelect,
} from 'postgraphile/@dataplan/pg';
import { type ConnectionStep, ConstantStep, connection, lambda, type Step } from 'postgraphile/grafast';
import type { SQL } from 'postgraphile/pg-sql2';
import { wrapPlans } from 'postgraphile/utils';
import { pageOf } from '../message-pages.ts';
import { PAGE_ARGUMENTS, type PageArguments } from '../page-arguments.ts';

type Row = PgSelectSingleStep;
type Connection = ConnectionStep<Step>;

const isNothing = ($step: Step): boolean => $step instanceof ConstantStep && $step.data == null;

/** Lists of the messages of a conversation: what filters them, and how many there are without a filter. */
const lists = new WeakMap<Connection, { $filter: Step; $count: Step }>();

/**
 * Messages are partitioned by month on their own time-ordered id, and those of a conversation that is warm or cold are
 * packed; while lists of them are asked for by conversation. A page in order of time is read by a function that reads the page
 * and nothing else, in any tier. With a filter or another order all messages of the conversation are looked at: between the
 * conversation's id and its last message, so only the partitions that it lives in are touched; those that are packed come from
 * a function, joined so that its branch is planned away for a hot one. Order, limit, cursors and filters are the same for all.
 */
export const MessagesPlugin: GraphileConfig.Plugin = wrapPlans(
  (build) => {
    if (!build.sql || !build.dataplanPg)
      throw new Error('MessagesPlugin needs the plugins of graphile-build-pg');
    const sql = build.sql;
    const { uuid, text } = build.dataplanPg.TYPES;
    const { messages: resource, message_chunks: citations } = build.pgResources as Record<string, PgResource>;
    const operators = { '>=': sql`>=`, '>': sql`>`, '<=': sql`<=` };

    function bound($messages: PgSelectStep, operator: keyof typeof operators, $id: Step): void {
      const id = $messages.placeholder($id as Parameters<typeof $messages.placeholder>[0], uuid);
      $messages.where(sql`${$messages.alias}.id ${operators[operator]} ${id}`);
    }

    /** What is stored, and what is packed. */
    function union(packed: SQL, where: SQL = sql`true`): SQL {
      return sql`(
        select stored.* from ${resource!.from as SQL} as stored
        union all
        select packed.* from ${packed} as packed where ${where}
      )`;
    }

    return {
      Conversation: {
        messages(_plan, $source, fieldArgs) {
          const $conversation = $source as Row;
          const $id = $conversation.get('id');
          const wanted = PAGE_ARGUMENTS.map((name) => fieldArgs.getRaw(name));
          const $filter = wanted[5]!;
          const $messages = pgSelect({
            resource: resource!,
            identifiers: [{ step: $id, codec: uuid, matches: (alias) => sql`${alias}.conversation_id` }],
            from: {
              callback: ($select) => {
                const id = $select.placeholder($id, uuid);
                const tier = $select.placeholder($conversation.get('storage_tier'));
                const all = union(
                  sql`app_hidden.read_packed_messages(${id}, null, null)`,
                  sql`${tier} <> 'hot'`,
                );
                const from = (values: readonly unknown[]): SQL => {
                  const page = pageOf(...(values as PageArguments));
                  if (!page) return all;
                  const [after, before] = [page.after, page.before].map(
                    (key) => sql`${sql.value(key)}::uuid`,
                  );
                  return sql`app_hidden.message_page(${id}, ${after!}, ${before!}, ${sql.literal(page.size)}, ${sql.literal(page.newestFirst)})`;
                };
                return $select.withLayerPlan(() => $select.deferredSQL(lambda(wanted, from, true)));
              },
            },
          }) as PgSelectStep;
          bound($messages, '>=', $id);
          bound($messages, '<=', $conversation.get('last_message_id'));
          const $connection = connection($messages) as Connection;
          fieldArgs.autoApply($connection);
          lists.set($connection, { $filter, $count: $conversation.get('message_count') });
          return $connection;
        },
      },
      MessageConnection: {
        // the conversation knows how many it has, and a page is no place to count at
        totalCount(plan, $source) {
          const list = lists.get($source as Connection);
          if (!list) return plan();
          if (isNothing(list.$filter)) return list.$count;
          return lambda(
            [list.$filter, list.$count, plan()] as const,
            ([filter, all, found]) => (filter == null ? all : found),
            true,
          );
        },
      },
      Message: {
        // of an answer that is being written: the text so far, which no column has
        content(_plan, $source) {
          const $message = $source as Row;
          const { alias } = $message.getClassStep();
          return $message.select(
            sql`case when ${alias}.status = 'streaming'
              then coalesce(app_hidden.streamed_text(${alias}.id), ${alias}.content) else ${alias}.content end`,
            text,
          );
        },
        // the best first, which is no order of their keys
        citations(_plan, $source, fieldArgs) {
          const $id = ($source as Row).get('id');
          const $citations = pgSelect({
            resource: citations!,
            identifiers: [{ step: $id, codec: uuid, matches: (alias) => sql`${alias}.message_id` }],
          }) as PgSelectStep;
          $citations.orderBy({ attribute: 'rank', direction: 'ASC' });
          const $connection = connection($citations) as Connection;
          fieldArgs.autoApply($connection);
          return $connection;
        },
        replies(_plan, $source, fieldArgs) {
          const $message = $source as Row;
          const $id = $message.get('id');
          const $conversation = $message.get('conversation_id');
          const $replies = pgSelect({
            resource: resource!,
            identifiers: [
              {
                step: $conversation,
                codec: uuid,
                matches: (alias) => sql`${alias}.conversation_id`,
              },
              { step: $id, codec: uuid, matches: (alias) => sql`${alias}.parent_id` },
            ],
            from: {
              callback: ($select) => {
                const id = $select.placeholder($id, uuid);
                const conversation = $select.placeholder($conversation, uuid);
                return union(sql`app_hidden.read_packed_messages(${conversation}, null, null, ${id})`);
              },
            },
          }) as PgSelectStep;
          // what answers a message is newer: the months before it are not touched
          bound($replies, '>', $id);
          const $connection = connection($replies) as Connection;
          fieldArgs.autoApply($connection);
          return $connection;
        },
      },
    };
  },
  { name: 'MessagesPlugin', version: '1.0.0' },
);
