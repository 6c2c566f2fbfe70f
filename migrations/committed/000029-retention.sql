--! Previous: sha1:48f6299e375ef0ba5ea4cd3e5db8622423ef897e
--! Hash: sha1:4b7d7d0b559db2ef5b18ef9ee518568713a930b3
--! Message: retention

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 10-retention.sql
-- Retention acts: what a preview says of a kind, the settings of the engine, and an index for memories that have ended.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
do $types$
begin
  if to_regtype('app_public.retention_preview') is null then
    create type app_public.retention_preview as (
      kind app_public.retention_kind,
      keep_days integer,
      decided_by text,
      due_before timestamptz,
      row_count bigint,
      bytes bigint,
      oldest_at timestamptz,
      partitions integer
    );
  end if;
end
$types$;
comment on type app_public.retention_preview is 'What the next run of retention deletes of a kind.';
comment on column app_public.retention_preview.kind is 'What it is about.';
comment on column app_public.retention_preview.keep_days is 'Days to keep it; null means forever.';
comment on column app_public.retention_preview.decided_by is 'What decides that: hold, workspace, system or nothing.';
comment on column app_public.retention_preview.due_before is 'What is of before this time goes; the beginning of a day in UTC. Null: nothing does.';
comment on column app_public.retention_preview.row_count is 'How many go.';
comment on column app_public.retention_preview.bytes is 'What they take, as storageUsage counts; of what it does not count, their size in the database.';
comment on column app_public.retention_preview.oldest_at is 'The age of a kind counts from a time; this is the earliest of those that go.';
comment on column app_public.retention_preview.partitions is 'Monthly partitions that they are in; null for a kind that has none.';

insert into app_private.settings (name, value, unit, description) values
  ('retention_minutes', '60', 'minutes', 'Time after which the daily job of retention begins nothing more; the next run goes on.'),
  ('retention_batch_rows', '1000', 'count', 'Rows that retention deletes in one transaction; of conversations, documents and files, which take others along, a twentieth of it.'),
  ('audit_log_min_days', '90', 'days', 'Days that every workspace keeps its audit log, whatever its policy says.'),
  ('spending_keep_days', '800', 'days', 'How long it is kept what budgets, people and embedding versions spent in a period; 62 at least.')
on conflict (name) do nothing;

-- serves: memories that have ended, or will, for retention
create index if not exists memory_items_ending_idx on app_public.memory_items (workspace_id, id)
where not upper_inf(validity) or expires_at is not null;
