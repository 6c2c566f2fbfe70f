--! Previous: sha1:fdaef3b6a46df1c0df4204d532b898cba484c40b
--! Hash: sha1:f9b47865e9d774a6b2689a87be605778e88a88c4
--! Message: operations

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 30-copies-and-jobs.sql
-- Which database this is, so that a copy knows that it is one; jobs that are paused; and runs that have begun.
create table if not exists app_private.database_identity (
  is_only boolean not null default true constraint database_identity_pkey primary key constraint database_identity_one_row check (is_only),
  system_identifier bigint,
  database_oid oid,
  database_name text,
  timeline integer,
  environment text constraint database_identity_environment_format check (environment ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$'),
  adopted_at timestamptz not null default now(),
  adopted_as text not null constraint database_identity_adopted_as_known check (adopted_as in ('first', 'command', 'promotion'))
);
alter table app_private.database_identity enable row level security;
alter table app_private.database_identity force row level security;
comment on table app_private.database_identity is
  'Where this database was when it was adopted: one row. Where it differs from what the server says now, the database is a copy, and in quarantine.';
comment on column app_private.database_identity.is_only is 'There is one row.';
comment on column app_private.database_identity.system_identifier is 'Of the cluster, as pg_control_system() has it. A dump in another cluster differs. Null: the server does not tell.';
comment on column app_private.database_identity.database_oid is
  'Of the database. A dump in the same cluster differs, and a database made of this one as its template. Null: not compared, for templates of tests.';
comment on column app_private.database_identity.database_name is 'Its name. Null: not compared, for templates of tests.';
comment on column app_private.database_identity.timeline is 'Of the log of changes. A restore and a promotion begin a new one. Null: the server does not tell.';
comment on column app_private.database_identity.environment is 'What the processes of this database declare by COLLOQUY_ENVIRONMENT. Null: nothing.';
comment on column app_private.database_identity.adopted_at is 'When it was adopted.';
comment on column app_private.database_identity.adopted_as is
  'first: when it was prepared; command: by npm run ops -- adopt; promotion: by itself, since adopt_on_promotion is on.';

create table if not exists app_hidden.paused_jobs (
  queue text not null constraint paused_jobs_pkey primary key constraint paused_jobs_queue_length check (char_length(queue) between 1 and 200),
  schedules jsonb not null default '[]',
  paused_at timestamptz not null default now(),
  paused_by text not null,
  reason text constraint paused_jobs_reason_length check (char_length(reason) <= 1000)
);
alter table app_hidden.paused_jobs enable row level security;
alter table app_hidden.paused_jobs force row level security;
comment on table app_hidden.paused_jobs is 'Queues that no worker works on, and whose schedule sends nothing, until somebody resumes them.';
comment on column app_hidden.paused_jobs.queue is 'The queue, which is the name of the job.';
comment on column app_hidden.paused_jobs.schedules is 'Its rows of pgboss.schedule, which come back with resume_job().';
comment on column app_hidden.paused_jobs.paused_at is 'When it was paused.';
comment on column app_hidden.paused_jobs.paused_by is 'The login that paused it.';
comment on column app_hidden.paused_jobs.reason is 'Why, in the words of whoever paused it.';

create table if not exists app_hidden.open_runs (
  job_id uuid not null constraint open_runs_pkey primary key,
  task text not null constraint open_runs_task_length check (char_length(task) between 1 and 100),
  started_at timestamptz not null default clock_timestamp()
);
alter table app_hidden.open_runs enable row level security;
alter table app_hidden.open_runs force row level security;
comment on table app_hidden.open_runs is 'Scheduled jobs that a worker has begun and not ended: one that was killed leaves its row, from which the next run takes it down.';
comment on column app_hidden.open_runs.job_id is 'The job of pg-boss.';
comment on column app_hidden.open_runs.task is 'The queue.';
comment on column app_hidden.open_runs.started_at is 'When it began.';

-- serves: the oldest runs, which are removed
create index if not exists maintenance_runs_started_idx on app_hidden.maintenance_runs (started_at);

-- They take the environment that the process declares.
drop function if exists app_hidden.take_mail(integer);
drop function if exists app_hidden.provider_pause(text);

-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
insert into app_private.settings (name, value, unit, description) values
  ('adopt_on_promotion', 'off', 'on or off',
    'Whether a database that only began a new timeline adopts itself, where its processes declare the environment that it was adopted for.'),
  ('maintenance_run_days', '400', 'days', 'Time that rows of app_hidden.maintenance_runs are kept.'),
  ('maintenance_run_rows', '10000', 'count', 'Rows of app_hidden.maintenance_runs that are kept of each task.')
on conflict (name) do nothing;

comment on column app_public.search_leg.reason is 'Why it was left out: mode (not asked for), no_words (the question has none), no_vector (none was given), provider_unavailable (who computes vectors could not be reached), quarantined (the database is a copy that asks no service), busy (who computes vectors had no turn for this workspace in time), unreadable_script (the model cannot read it). Null when it was used.';

--! split: 35-doctor.sql
-- What grows, day by day: doctor and its report measure growth and the days that are left by it.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
create table if not exists app_hidden.database_days (
  day date not null constraint database_days_pkey primary key,
  measured_at timestamptz not null,
  database_bytes bigint not null constraint database_days_database_bytes_positive check (database_bytes >= 0),
  files_bytes bigint not null constraint database_days_files_bytes_positive check (files_bytes >= 0),
  disk_bytes bigint constraint database_days_disk_bytes_positive check (disk_bytes > 0),
  disk_free_bytes bigint constraint database_days_disk_free_bytes_positive check (disk_free_bytes >= 0),
  blocks_hit bigint not null,
  blocks_read bigint not null,
  commits bigint not null,
  rollbacks bigint not null,
  deadlocks bigint not null,
  temp_bytes bigint not null,
  wal_bytes numeric not null,
  counted_since timestamptz
);
alter table app_hidden.database_days enable row level security;
alter table app_hidden.database_days force row level security;
comment on table app_hidden.database_days is 'The database as a whole, one row a day: its size, and what the server has counted since counted_since.';
comment on column app_hidden.database_days.day is 'In UTC.';
comment on column app_hidden.database_days.measured_at is 'When; the last measurement of a day stays.';
comment on column app_hidden.database_days.database_bytes is 'Of the whole database, as the server says it.';
comment on column app_hidden.database_days.files_bytes is 'Of uploaded files, which are stored beside it.';
comment on column app_hidden.database_days.disk_bytes is 'Of the disk that the server writes to. Null: not known.';
comment on column app_hidden.database_days.disk_free_bytes is 'Free on that disk. Null: not known.';
comment on column app_hidden.database_days.blocks_hit is 'Blocks found in memory.';
comment on column app_hidden.database_days.blocks_read is 'Blocks asked of the operating system.';
comment on column app_hidden.database_days.commits is 'Transactions that were committed.';
comment on column app_hidden.database_days.rollbacks is 'Transactions that were rolled back.';
comment on column app_hidden.database_days.deadlocks is 'Deadlocks.';
comment on column app_hidden.database_days.temp_bytes is 'Written to temporary files.';
comment on column app_hidden.database_days.wal_bytes is 'Write-ahead log of the whole server.';
comment on column app_hidden.database_days.counted_since is 'When the counts of this database began. Null: with the database.';

create table if not exists app_hidden.relation_sizes (
  day date not null,
  kind text not null constraint relation_sizes_kind_known check (kind in ('table', 'partition', 'index')),
  name text not null constraint relation_sizes_name_length check (char_length(name) <= 300),
  bytes bigint not null constraint relation_sizes_bytes_positive check (bytes >= 0),
  row_estimate bigint constraint relation_sizes_row_estimate_positive check (row_estimate >= 0),
  constraint relation_sizes_pkey primary key (name, kind, day)
);
alter table app_hidden.relation_sizes enable row level security;
alter table app_hidden.relation_sizes force row level security;
-- serves: what is stored of a day, and what is too old
create index if not exists relation_sizes_day_idx on app_hidden.relation_sizes (day);
comment on table app_hidden.relation_sizes is 'Sizes of tables, of partitions and of indexes, one row a day. Partitions and indexes of less than a megabyte are in their tables alone.';
comment on column app_hidden.relation_sizes.day is 'In UTC.';
comment on column app_hidden.relation_sizes.kind is 'table: with all its partitions and large values, without indexes; partition: with its indexes; index: with all its partitions.';
comment on column app_hidden.relation_sizes.name is 'Schema and name.';
comment on column app_hidden.relation_sizes.bytes is 'On disk.';
comment on column app_hidden.relation_sizes.row_estimate is 'Rows by the planner’s estimate. Null: of an index, or never analysed.';

insert into app_private.settings (name, value, unit, description) values
  ('sizes_keep_days', '400', 'days', 'How long sizes of the database are kept. Older than 60 days, one day a week stays.'),
  ('disk_gb', '0', 'gigabytes', 'Size of the disk that the database is on, where it cannot be measured: on another machine. 0: not known.'),
  ('disk_days_warned', '30', 'days', 'Days until the disk is full, at its growth of the last 30, below which doctor warns. Below a third of it is an error.')
on conflict (name) do nothing;

--! split: 45-maintenance.sql
-- Indexes are rebuilt and tables analysed by a job, which becomes colloquy_maintenance for it (sql/roles.sql): it finds the objects by
-- name, and reads no table.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
grant usage on schema app_public, app_hidden, app_private, app_partitions to colloquy_maintenance;

insert into app_private.settings (name, value, unit, description) values
  ('maintenance_minutes', '120', 'minutes', 'Time after which a weekly job of maintenance begins nothing more; the next run goes on.'),
  ('analyze_days', '6', 'days', 'Age of the statistics of a partitioned table after which the weekly job makes them anew.'),
  ('reindex_dead_percent', '2', 'percent', 'Share of dead rows of a partition of vectors from which on its index is rebuilt.'),
  ('reindex_dead_rows', '1000', 'count', 'Dead rows of a partition of vectors below which its index is left alone.'),
  ('reindex_recall_days', '28', 'days', 'Least time between two rebuilds of an index because searches find less than search_recall_objective.'),
  ('reindex_bloat_percent', '50', 'percent', 'Estimated share of an ordinary index that holds nothing from which on it is rebuilt.'),
  ('reindex_bloat_mb', '64', 'megabytes', 'Estimated waste of an ordinary index below which it is left alone.')
on conflict (name) do nothing;

-- Partitions made from now on have it from functions/embeddings/create_embedding_partitions.sql, with the reason.
do $autovacuum$
declare
  leaf regclass;
begin
  for leaf in
    select t.relid
    from pg_catalog.pg_partition_tree('app_public.embeddings') as t
    where t.isleaf
  loop
    execute format('alter table %s set (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0.4)', leaf);
  end loop;
end
$autovacuum$;
