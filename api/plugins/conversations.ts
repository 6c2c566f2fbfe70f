import { type PgResource, type PgSelectStep, pgSelect } from 'postgraphile/@dataplan/pg';
import { connection, lambda, type Step } from 'postgraphile/grafast';
import type { SQL } from 'postgraphile/pg-sql2';
import { wrapPlans } from 'postgraphile/utils';
import { newestPageOf } from '../conversation-pages.ts';
import { PAGE_ARGUMENTS, type PageArguments } from '../page-arguments.ts';

/**
 * The conversations of a caller, those with the newest messages first, are read by a function that goes by index, whatever their
 * number: own ones and those that others share have no index in common. Other orders, and filters, look at the table.
 */
export const ConversationsPlugin: GraphileConfig.Plugin = wrapPlans(
  (build) => {
    if (!build.sql) throw new Error('ConversationsPlugin needs the plugins of graphile-build-pg');
    const sql = build.sql;
    const { conversations: resource } = build.pgResources as Record<string, PgResource>;
    return {
      Query: {
        conversations(_plan, _$root, fieldArgs) {
          const wanted = PAGE_ARGUMENTS.map((name) => fieldArgs.getRaw(name));
          const $conversations = pgSelect({
            resource: resource!,
            identifiers: [],
            from: {
              callback: ($select) => {
                const from = (values: readonly unknown[]): SQL => {
                  const page = newestPageOf(...(values as PageArguments));
                  if (!page) return resource!.from as SQL;
                  return sql`app_hidden.conversation_page(${sql.value(page.at)}::timestamptz, ${sql.value(page.id)}::uuid, ${sql.literal(page.size)})`;
                };
                return $select.withLayerPlan(() => $select.deferredSQL(lambda(wanted, from, true)));
              },
            },
          }) as PgSelectStep;
          const $connection = connection($conversations);
          fieldArgs.autoApply($connection as Step);
          return $connection;
        },
      },
    };
  },
  { name: 'ConversationsPlugin', version: '1.0.0' },
);
