-- How much each workspace stores, kept by trigger, so that a quota is one lookup.
-- changes rows of app_public.audit_logs

create table if not exists app_private.workspace_storage (
  workspace_id uuid not null,
  slot smallint not null,
  bytes bigint not null default 0,
  row_count bigint not null default 0,
  constraint workspace_storage_pkey primary key (workspace_id, slot),
  constraint workspace_storage_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_storage_slot_range check (slot between 0 and 15)
) with (fillfactor = 50);
alter table app_private.workspace_storage enable row level security;
alter table app_private.workspace_storage force row level security;
-- for the rows below; functions/policies/workspace_storage.sql states it again
drop policy if exists all_owner on app_private.workspace_storage;
create policy all_owner on app_private.workspace_storage to colloquy_owner using (true) with check (true);
comment on table app_private.workspace_storage is 'Bytes and rows that a workspace stores, as the sum of its slots: writers at the same time do not wait for each other.';
comment on column app_private.workspace_storage.workspace_id is 'The tenant.';
comment on column app_private.workspace_storage.slot is 'Part of the sum. One alone says nothing, and may be negative.';
comment on column app_private.workspace_storage.bytes is 'Bytes of texts, structured values and files, as they were given: without indexes, vectors and compression.';
comment on column app_private.workspace_storage.row_count is 'Documents, messages, memories, events and files.';

create table if not exists app_private.workspace_quotas (
  workspace_id uuid not null,
  storage_bytes bigint,
  row_limit bigint,
  constraint workspace_quotas_pkey primary key (workspace_id),
  constraint workspace_quotas_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint workspace_quotas_storage_bytes_positive check (storage_bytes >= 0),
  constraint workspace_quotas_row_limit_positive check (row_limit >= 0)
);
alter table app_private.workspace_quotas enable row level security;
alter table app_private.workspace_quotas force row level security;
comment on table app_private.workspace_quotas is 'Quotas of workspaces that have others than the settings storage_mb_per_workspace and rows_per_workspace say.';
comment on column app_private.workspace_quotas.workspace_id is 'The tenant.';
comment on column app_private.workspace_quotas.storage_bytes is 'Bytes it may store; null as the setting says.';
comment on column app_private.workspace_quotas.row_limit is 'Rows it may store; null as the setting says.';

do $types$
begin
  if to_regtype('app_public.storage_usage') is null then
    create type app_public.storage_usage as (bytes bigint, row_count bigint, byte_limit bigint, row_limit bigint);
  end if;
end
$types$;
comment on type app_public.storage_usage is 'What a workspace stores, and may store.';
comment on column app_public.storage_usage.bytes is 'Bytes of texts, structured values and files, as they were given: without indexes, vectors and compression.';
comment on column app_public.storage_usage.row_count is 'Documents, messages, memories, events and files.';
comment on column app_public.storage_usage.byte_limit is 'Bytes that it may store; null is no limit.';
comment on column app_public.storage_usage.row_limit is 'Rows that it may have; null is no limit.';

insert into app_private.settings (name, value, unit, description) values
  ('storage_mb_per_workspace', '20480', 'megabytes', 'What a workspace may store, texts and files together; 0 is no limit.'),
  ('rows_per_workspace', '10000000', 'count', 'Documents, messages, memories, events and files that a workspace may have; 0 is no limit.'),
  ('workspaces_per_account', '100', 'count', 'Workspaces that an account may own; 0 is no limit.')
on conflict (name) do nothing;

-- back-fill; the triggers count from then on
insert into app_private.workspace_storage (workspace_id, slot, bytes, row_count)
select x.workspace_id, 0, sum(x.bytes)::bigint, sum(x.row_count)::bigint
from (
  select d.workspace_id, sum(octet_length(d.content)) as bytes, count(*) as row_count from app_public.documents d group by 1
  union all
  select m.workspace_id, sum(octet_length(m.content) + coalesce(octet_length(m.parts::text), 0)
    + coalesce(octet_length(m.attachments::text), 0) + octet_length(m.metadata::text)), count(*)
  from app_public.messages m group by 1
  union all
  select i.workspace_id, sum(octet_length(i.content)), count(*) from app_public.memory_items i group by 1
  union all
  select e.workspace_id, sum(octet_length(e.payload::text)), count(*) from app_public.raw_events e group by 1
  union all
  select f.workspace_id, sum(coalesce(f.byte_size, 0)), count(*) from app_public.files f group by 1
  union all
  select p.workspace_id, sum(octet_length(p.document) / 4), coalesce(sum(p.row_count) filter (where p.packed = 'app_public.messages'::regclass), 0)
  from app_hidden.conversation_archive_parts p group by 1
) as x
group by 1
on conflict on constraint workspace_storage_pkey do nothing;
