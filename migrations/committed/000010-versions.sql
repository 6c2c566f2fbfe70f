--! Previous: sha1:4c7c789411571fc4d1e7808ad71f028a81402188
--! Hash: sha1:f9fc7ba1c5d3aa30492d28fa20b81a0b9488841c
--! Message: versions

--! split: 1-current.sql
-- What the life of an embedding version needs beside the versions themselves: its measured speed, settings, and answers.

create table app_hidden.embedding_rates (
  version_id uuid not null,
  minute timestamptz not null,
  chunks bigint not null,
  tokens bigint not null,
  constraint embedding_rates_pkey primary key (version_id, minute),
  constraint embedding_rates_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_rates_positive check (chunks >= 0 and tokens >= 0)
);
alter table app_hidden.embedding_rates enable row level security;
alter table app_hidden.embedding_rates force row level security;
comment on table app_hidden.embedding_rates is 'What back-fills achieved, by the minute: the measured speed that progress and estimates are made of. Kept for 30 days.';
comment on column app_hidden.embedding_rates.version_id is 'The embedding version.';
comment on column app_hidden.embedding_rates.minute is 'The minute, its beginning.';
comment on column app_hidden.embedding_rates.chunks is 'Chunks that got a vector.';
comment on column app_hidden.embedding_rates.tokens is 'Tokens of those chunks.';

insert into app_private.settings (name, value, unit, description) values
  ('embedding_versions_kept', '3', 'count', 'Embedding versions that are kept, the active one included; older retired ones are archived. Versions that are building do not count.'),
  ('embedding_tokens_per_second', '1000', 'tokens/s', 'Speed that an estimate assumes where no back-fill was measured.'),
  ('embedding_backfill_seconds', '90', 'seconds', 'How long a back-fill job is taken to be at work. Longer than a job takes, which is 20 seconds and a batch; a killed worker''s share waits as long.'),
  ('embedding_index_memory_mb', '256', 'MB', 'maintenance_work_mem while a vector index is built; 16 to 8192. An index that does not fit is built far slower.'),
  ('embedding_lock_timeout_ms', '500', 'ms', 'How long archiving waits for searches in flight; searches that begin meanwhile wait as long. It must be less than deadlock_timeout.'),
  ('embedding_compare_vectors', '5000000', 'count', 'Vectors that one comparison of two versions may look at.');

create type app_public.embedding_estimate as (
  chunks bigint,
  tokens bigint,
  cost_usd numeric,
  table_bytes bigint,
  index_bytes bigint,
  disk_bytes bigint,
  tokens_per_second numeric,
  seconds bigint
);
comment on type app_public.embedding_estimate is 'What an embedding version will take before it can be active.';
comment on column app_public.embedding_estimate.chunks is 'Chunks that need a vector.';
comment on column app_public.embedding_estimate.tokens is 'Tokens in them, as counted when they were cut. An upper bound: equal texts of one workspace are embedded once.';
comment on column app_public.embedding_estimate.cost_usd is 'At the price that was given.';
comment on column app_public.embedding_estimate.table_bytes is 'Rows with their keys.';
comment on column app_public.embedding_estimate.index_bytes is 'The vector index.';
comment on column app_public.embedding_estimate.disk_bytes is 'Both.';
comment on column app_public.embedding_estimate.tokens_per_second is 'Speed that was assumed: measured in back-fills of this model, else of any in the last 30 days, else the setting embedding_tokens_per_second.';
comment on column app_public.embedding_estimate.seconds is 'How long the back-fill takes at that speed.';

create type app_public.embedding_lag as (
  workspace_id uuid,
  chunks bigint,
  embedded_chunks bigint,
  missing_chunks bigint
);
comment on type app_public.embedding_lag is 'How far an embedding version is behind in one workspace.';
comment on column app_public.embedding_lag.workspace_id is 'The workspace.';
comment on column app_public.embedding_lag.chunks is 'Its chunks.';
comment on column app_public.embedding_lag.embedded_chunks is 'Those with a vector.';
comment on column app_public.embedding_lag.missing_chunks is 'Those without.';

create type app_public.embedding_failure as (
  happened_at timestamptz,
  workspace_id uuid,
  message text
);
comment on type app_public.embedding_failure is 'A job of an embedding version that failed.';
comment on column app_public.embedding_failure.happened_at is 'When.';
comment on column app_public.embedding_failure.workspace_id is 'In which workspace; null for the index.';
comment on column app_public.embedding_failure.message is 'Why.';

create type app_public.embedding_version_progress as (
  version_id uuid,
  name text,
  status app_public.embedding_version_status,
  chunks bigint,
  embedded_chunks bigint,
  missing_chunks bigint,
  workspaces_behind bigint,
  lag app_public.embedding_lag[],
  chunks_per_second numeric,
  seconds_left bigint,
  index_partitions integer,
  index_partitions_built integer,
  index_blocks_done bigint,
  index_blocks_total bigint,
  is_indexed boolean,
  is_complete boolean,
  failures app_public.embedding_failure[],
  retrying_chunks bigint,
  dead_chunks bigint,
  paused text,
  resumes_at timestamptz,
  tokens_used bigint,
  cost_usd numeric
);
comment on type app_public.embedding_version_progress is 'How far an embedding version is.';
comment on column app_public.embedding_version_progress.version_id is 'The embedding version.';
comment on column app_public.embedding_version_progress.name is 'Its name.';
comment on column app_public.embedding_version_progress.status is 'Its status.';
comment on column app_public.embedding_version_progress.chunks is 'Chunks in all.';
comment on column app_public.embedding_version_progress.embedded_chunks is 'Chunks that have a vector of it.';
comment on column app_public.embedding_version_progress.missing_chunks is 'Chunks that have none. New ones may have none of the active version either.';
comment on column app_public.embedding_version_progress.workspaces_behind is 'Workspaces with missing chunks.';
comment on column app_public.embedding_version_progress.lag is 'The 20 workspaces that miss the most.';
comment on column app_public.embedding_version_progress.chunks_per_second is 'Speed over the last five minutes in which something was done; null before.';
comment on column app_public.embedding_version_progress.seconds_left is 'What is missing at that speed; null while it is unknown.';
comment on column app_public.embedding_version_progress.index_partitions is 'Partitions that the vector index is built on, one after the other.';
comment on column app_public.embedding_version_progress.index_partitions_built is 'Those that are done.';
comment on column app_public.embedding_version_progress.index_blocks_done is 'Blocks read by the build that runs now; null when none does.';
comment on column app_public.embedding_version_progress.index_blocks_total is 'Blocks that the build that runs now will read; null when none does.';
comment on column app_public.embedding_version_progress.is_indexed is 'Whether the index is whole.';
comment on column app_public.embedding_version_progress.is_complete is 'Whether every chunk has a vector and the index is whole.';
comment on column app_public.embedding_version_progress.failures is 'The last five jobs of it that failed.';
comment on column app_public.embedding_version_progress.retrying_chunks is 'Chunks that could not be embedded and are tried again.';
comment on column app_public.embedding_version_progress.dead_chunks is 'Chunks that were given up, until redriveEmbeddings: they keep it from being activated while the active version has them.';
comment on column app_public.embedding_version_progress.paused is 'Why nothing goes on at the moment, with the code of the budget or the switch; null when it does.';
comment on column app_public.embedding_version_progress.resumes_at is 'When it is tried again.';
comment on column app_public.embedding_version_progress.tokens_used is 'Tokens that the installation paid for it, beside the budgets of the workspaces.';
comment on column app_public.embedding_version_progress.cost_usd is 'What they cost, in US dollars.';

create type app_public.embedding_difference as (
  chunk_id uuid,
  workspace_id uuid,
  overlap real,
  only_a uuid[],
  only_b uuid[]
);
comment on type app_public.embedding_difference is 'What two embedding versions find for the same query.';
comment on column app_public.embedding_difference.chunk_id is 'The chunk that was the query; it is not among the answers.';
comment on column app_public.embedding_difference.workspace_id is 'Where it was asked.';
comment on column app_public.embedding_difference.overlap is 'Share of the answers that both gave, 0 to 1.';
comment on column app_public.embedding_difference.only_a is 'Chunks that only the first found, best first.';
comment on column app_public.embedding_difference.only_b is 'Chunks that only the second found, best first.';

create type app_public.embedding_comparison as (
  version_a uuid,
  version_b uuid,
  k integer,
  queries integer,
  overlap real,
  identical integer,
  differences app_public.embedding_difference[]
);
comment on type app_public.embedding_comparison is 'Two embedding versions, asked the same.';
comment on column app_public.embedding_comparison.version_a is 'The first version.';
comment on column app_public.embedding_comparison.version_b is 'The second version.';
comment on column app_public.embedding_comparison.k is 'Answers per query.';
comment on column app_public.embedding_comparison.queries is 'Queries that were asked; fewer than wanted where there are not as many chunks, or the work was bounded.';
comment on column app_public.embedding_comparison.overlap is 'Mean of overlap@k over the queries; null without any.';
comment on column app_public.embedding_comparison.identical is 'Queries to which both gave the same answers.';
comment on column app_public.embedding_comparison.differences is 'Each query, the least alike first.';
