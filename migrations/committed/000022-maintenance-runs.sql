--! Previous: sha1:39d713aa63b481fe283f9a107afc2a35eccfa728
--! Hash: sha1:fdaef3b6a46df1c0df4204d532b898cba484c40b
--! Message: maintenance runs

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 10-maintenance-runs.sql
-- What maintenance did, one row a run: doctor measures growth and ages by it, and `ops jobs` shows it.
create table if not exists app_hidden.maintenance_runs (
  id uuid not null default uuidv7() constraint maintenance_runs_pkey primary key,
  task text not null constraint maintenance_runs_task_length check (char_length(task) between 1 and 100),
  outcome text not null constraint maintenance_runs_outcome_known check (outcome in ('succeeded', 'failed', 'stopped', 'skipped')),
  started_at timestamptz not null,
  finished_at timestamptz not null,
  details jsonb not null default '{}' constraint maintenance_runs_details_size check (pg_column_size(details) <= 100000),
  error text constraint maintenance_runs_error_length check (char_length(error) <= 4000),
  constraint maintenance_runs_in_order check (finished_at >= started_at)
);
alter table app_hidden.maintenance_runs enable row level security;
alter table app_hidden.maintenance_runs force row level security;

-- serves: the last runs of a task
create index if not exists maintenance_runs_task_started_idx on app_hidden.maintenance_runs (task, started_at desc);

comment on table app_hidden.maintenance_runs is 'What scheduled jobs and operators’ commands did to this database: one row a run, never content of a tenant.';
comment on column app_hidden.maintenance_runs.id is 'A version 7 UUID, so the order of ids is that of the rows.';
comment on column app_hidden.maintenance_runs.task is 'What ran: the queue of a job, or a command as backup, verify, drill, reindex.';
comment on column app_hidden.maintenance_runs.outcome is 'succeeded; failed, with the error; stopped, by a signal or a time limit, to be gone on with; skipped, since there was nothing to do or another ran.';
comment on column app_hidden.maintenance_runs.started_at is 'When it began, by the clock of the process that ran it.';
comment on column app_hidden.maintenance_runs.finished_at is 'When it ended.';
comment on column app_hidden.maintenance_runs.details is 'Figures of the run: counts, bytes, seconds; each task has names of its own.';
comment on column app_hidden.maintenance_runs.error is 'Why it failed, without secrets.';

-- Dashboards and doctor look at the private schema through functions and policies that name them.
grant usage on schema app_hidden to colloquy_monitor;
