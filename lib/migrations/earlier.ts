import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PoolClient } from 'pg';
import type { Database } from '../database.ts';
import { inTransaction } from '../database.ts';
import { type CommittedMigration, projectFolder } from './committed.ts';

/**
 * Before 0.1.0 the functions were copied into migrations: 000015-functions.sql made them, 000016-answers.sql changed tables
 * and made many of them again. Databases of main have fourteen migrations that are those of today, and then
 *
 * - functions: 000015-functions.sql. It gets what 000015-answers.sql of today makes, without the functions, which are all
 *   applied anyway; then its data is moved (migrations/before-0.1.0.sql).
 * - answers: that and 000016-answers.sql. It has the tables of 000015-answers.sql already, and is recorded as such.
 *
 * Other databases from before 0.1.0: docs/upgrading.md.
 */
export type EarlierLayout = 'functions' | 'answers';

const FUNCTIONS = 'sha1:0e5bdcda699708f4f8bb9c275157e388a141dc83';
const ANSWERS = 'sha1:13f8718595e07d753eabf39a2f9bab537c8e992e';

type Applied = { filename: string; hash: string }[];

/** Which of these layouts a database has, if any. */
export function earlierLayout(applied: Applied, committed: CommittedMigration[]): EarlierLayout | undefined {
  const hashes = new Map(applied.map((one) => [one.filename, one.hash]));
  const isOfToday = committed
    .slice(0, 14)
    .every((one) => hashes.get(`${one.filename.slice(0, 6)}.sql`) === one.hash);
  if (!isOfToday || hashes.get('000015.sql') !== FUNCTIONS) return undefined;
  if (hashes.get('000016.sql') === ANSWERS) return 'answers';
  return hashes.has('000016.sql') ? undefined : 'functions';
}

/** The number of the last migration of today that a database of a layout has. */
export const lastOf = (layout: EarlierLayout): string => (layout === 'answers' ? '000015' : '000014');

/**
 * Brings a database of an earlier layout to the migrations of today up to 000015-answers.sql, in one transaction. Between it
 * and the end of the upgrade the database has no functions and no policies: requests get nothing.
 */
export async function adoptEarlierLayout(database: Database, committed: CommittedMigration[]): Promise<void> {
  await inTransaction(database.pool('owner'), async (owner) => {
    await owner.query(`set local search_path = pg_catalog, extensions; set local lock_timeout = '30s'`);
    const { rows } = await owner.query('select filename, hash from graphile_migrate.migrations');
    const layout = earlierLayout(rows, committed);
    if (layout === undefined) return;
    const answers = committed.find((one) => one.filename.startsWith('000015'))!;
    if (layout === 'functions') {
      await owner.query('create table app_hidden.unfinished_upgrade ()');
      await removeCode(owner);
      await owner.query(readFileSync(join(projectFolder, 'migrations/committed', answers.filename), 'utf8'));
    }
    await owner.query(
      `delete from graphile_migrate.migrations where filename in ('000015.sql', '000016.sql')`,
    );
    await owner.query(
      'insert into graphile_migrate.migrations (hash, previous_hash, filename) values ($1, $2, $3)',
      [answers.hash, answers.previous, '000015.sql'],
    );
  });
}

/** Moves the data of a database of the layout "functions", once it has all of functions/; nothing in any other. */
export async function finishEarlierLayout(database: Database): Promise<void> {
  await inTransaction(database.pool('owner'), async (owner) => {
    await owner.query(`set local search_path = pg_catalog, extensions`);
    const { rows } = await owner.query(
      `select to_regclass('app_hidden.unfinished_upgrade') is not null as is_due`,
    );
    if (!rows[0].is_due) return;
    await owner.query(readFileSync(join(projectFolder, 'migrations/before-0.1.0.sql'), 'utf8'));
  });
}

/** Removes policies, triggers and functions: what functions/ makes anew, and what it has no more. */
async function removeCode(owner: PoolClient): Promise<void> {
  await owner.query(`do $$
    declare
      one record;
      removed integer;
    begin
      for one in
        select format('drop policy %I on %s', p.polname, p.polrelid::regclass) as statement
        from pg_policy p join pg_class c on c.oid = p.polrelid
        -- the owner's own stay: row security is forced, and the migration writes
        where c.relnamespace::regnamespace::text ~ '^app_' and p.polname <> 'all_owner'
        union all
        select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace::regnamespace::text ~ '^app_' and not t.tgisinternal and t.tgparentid = 0
      loop
        execute one.statement;
      end loop;
      -- what a column or another function needs stays until that is gone
      loop
        removed := 0;
        for one in
          select p.oid::regprocedure as name from pg_proc p where p.pronamespace::regnamespace::text ~ '^app_' and p.prokind = 'f'
        loop
          begin
            execute format('drop function %s', one.name);
            removed := removed + 1;
          exception when dependent_objects_still_exist then
            null;
          end;
        end loop;
        exit when removed = 0;
      end loop;
    end
  $$`);
}
