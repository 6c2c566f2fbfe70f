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
