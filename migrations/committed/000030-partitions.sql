--! Previous: sha1:4b7d7d0b559db2ef5b18ef9ee518568713a930b3
--! Hash: sha1:3db417db15b2a103cdbbc1717f60bf4a99c87b47
--! Message: partitions

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 25-partitions.sql
-- Old partitions go, and tiers are kept in bounded steps.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
insert into app_private.settings (name, value, unit, description) values
  ('partition_empty_months', '3', 'months', 'Months after which a monthly partition without rows is dropped; 0 keeps them all.'),
  ('partition_export', 'off', 'on or off', 'Whether a month that retention ends is written to the folder partitions in DATA_DIR before it is dropped.')
on conflict (name) do nothing;

insert into app_private.settings (name, value, unit, description) values
  ('tier_rows', '2000', 'count', 'Passages that one transaction of tiering looks at.'),
  ('tier_minutes', '30', 'minutes', 'Time that a run of tiering takes at most; the next one goes on where it ended.')
on conflict (name) do nothing;

-- how far tiering has come with each tenant
create table if not exists app_hidden.tier_passes (
  workspace_id uuid not null,
  after_id uuid,
  looked_at timestamptz,
  ended_at timestamptz,
  constraint tier_passes_pkey primary key (workspace_id),
  constraint tier_passes_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade
);
alter table app_hidden.tier_passes enable row level security;
alter table app_hidden.tier_passes force row level security;
comment on table app_hidden.tier_passes is 'How far tiering has come with the passages of each workspace, so that a run goes on where the last one ended, and no workspace waits for a large one.';
comment on column app_hidden.tier_passes.workspace_id is 'The tenant.';
comment on column app_hidden.tier_passes.after_id is 'The passage up to which the pass at hand has looked; null when none is at hand.';
comment on column app_hidden.tier_passes.looked_at is 'When passages of it were looked at last.';
comment on column app_hidden.tier_passes.ended_at is 'When a pass over all of its passages ended last.';

drop function if exists app_hidden.tier_chunks(integer);
drop function if exists app_hidden.begin_run(text, uuid);
