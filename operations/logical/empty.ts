import type { Database } from '../../lib/database.ts';
import { ColloquyError } from '../../lib/errors.ts';

/** Tables of the schemas that are not PostgreSQL's own, and whether there is an account. */
const STATE = `
  select
    count(*) filter (where n.nspname in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss', 'graphile_migrate'))::int as ours,
    count(*) filter (where n.nspname not in ('app_public', 'app_hidden', 'app_private', 'app_partitions', 'pgboss', 'graphile_migrate'))::int as others,
    to_regclass('app_public.users') is not null as "isPrepared"
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')`;

/**
 * Refuses a database that holds something. One that was prepared and has no account holds nothing: an interrupted load leaves it so.
 * @param options.mayBePrepared  whether the tables may be there already
 * @throws ColloquyError CQ680
 */
export async function demandEmpty(
  target: Database,
  { mayBePrepared = true }: { mayBePrepared?: boolean } = {},
): Promise<void> {
  const admin = target.pool('admin');
  const { ours, others, isPrepared } = (await admin.query(STATE)).rows[0];
  let reason: string | undefined;
  if (others > 0) reason = `holds ${others} tables or views that are not Colloquy’s`;
  else if (ours > 0 && !mayBePrepared) reason = 'holds the tables of Colloquy already';
  else if (isPrepared) {
    const { rows } = await admin.query(
      `select exists (select from app_public.users) or exists (select from app_public.workspaces) as filled`,
    );
    if (rows[0].filled) reason = 'holds accounts of Colloquy';
  }
  if (reason === undefined) return;
  throw new ColloquyError('CQ680', `${target.name} is not empty: it ${reason}.`, {
    hint: 'Nothing was changed. Make a new database (createdb NAME) and name that one.',
  });
}
