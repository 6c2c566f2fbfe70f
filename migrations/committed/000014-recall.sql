--! Previous: sha1:8e712b8fe0aca6140bab168d051b4a4c672c1053
--! Hash: sha1:3745a9526990352949718c65585abb7db50e792b
--! Message: recall

--! split: 1-current.sql
-- How well searches do: what they answered, a sample of what was asked, and what an exact search finds beside the index.
-- All of it can be lost: searches then go by the settings.

insert into app_private.settings (name, value, unit, description) values
  ('search_sample_share', '0.01', 'share', 'Searches whose vector is kept as a sample for measuring recall, 0 to 1.'),
  ('search_sample_minimum', '100', 'count', 'Samples of a day below which every search is kept, so that a small installation measures too.'),
  ('search_sample_days', '14', 'days', 'How long samples of searches are kept.'),
  ('search_sample_keeps_text', 'off', 'on or off', 'Whether the words of a sampled search are kept beside its vector.'),
  ('search_history_days', '400', 'days', 'How long counts of searches and measurements of recall are kept.'),
  ('search_recall_objective', '0.98', 'share', 'Share of the nearest passages that an index search has to find. Below it a measurement warns and looks for a larger ef_search.'),
  ('search_recall_queries', '50', 'count', 'Queries that one measurement asks, per embedding version and size of workspace.'),
  ('search_recall_seconds', '5', 'seconds', 'Time after which a measurement asks no further query. What it has asked counts.'),
  ('search_ef_search_auto', 'on', 'on or off', 'Whether measurements may raise hnsw.ef_search of an embedding version above search_ef_search, and lower it to that again.'),
  ('search_ef_search_max', '800', 'candidates', 'The largest hnsw.ef_search that a measurement may put in force; at most 1000.');

create type app_public.search_size_class as enum ('tiny', 'small', 'middle', 'big', 'giant');
comment on type app_public.search_size_class is 'How many passages a workspace has: tiny up to 500, small up to 5,000, middle up to 20,000, big up to 100,000, giant above.';
create type app_public.recall_source as enum ('sample', 'stored');
comment on type app_public.recall_source is 'What a measurement asked: vectors of real searches, or vectors near those of stored passages where there are too few of those.';

create table app_hidden.search_statistics (
  id uuid not null default uuidv7(),
  day date not null,
  version_id uuid,
  size_class app_public.search_size_class not null,
  path text not null,
  searches bigint not null,
  short_returns bigint not null,
  lost_returns bigint not null,
  scan_limit_hits bigint not null,
  cold_searches bigint not null,
  constraint search_statistics_pkey primary key (id),
  constraint search_statistics_day_version_id_size_class_path_key unique nulls not distinct (day, version_id, size_class, path),
  constraint search_statistics_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint search_statistics_id_version check (uuid_extract_version(id) = 7),
  constraint search_statistics_path_length check (char_length(path) between 1 and 50),
  constraint search_statistics_positive check (
    searches > 0 and short_returns between 0 and searches and lost_returns between 0 and short_returns
    and scan_limit_hits between 0 and searches and cold_searches between 0 and searches
  )
);
alter table app_hidden.search_statistics enable row level security;
alter table app_hidden.search_statistics force row level security;
-- serves: the foreign key from embedding_versions
create index search_statistics_version_id_idx on app_hidden.search_statistics (version_id);
comment on table app_hidden.search_statistics is 'Searches through the API, counted by day, version, size of the workspace and path. No tenant can be told from it. Kept for search_history_days.';
comment on column app_hidden.search_statistics.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.search_statistics.day is 'The UTC day.';
comment on column app_hidden.search_statistics.version_id is 'The embedding version that was searched; null when no vectors were compared.';
comment on column app_hidden.search_statistics.size_class is 'How large the workspace was when they were counted.';
comment on column app_hidden.search_statistics.path is 'How vectors were compared, as the answer said.';
comment on column app_hidden.search_statistics.searches is 'How many.';
comment on column app_hidden.search_statistics.short_returns is 'Those that returned fewer results than were asked for: mostly since there are no more.';
comment on column app_hidden.search_statistics.lost_returns is 'Those of them that the index alone answered although nothing but its own limits could make them short: an exact search would have given more.';
comment on column app_hidden.search_statistics.scan_limit_hits is 'Those whose index scan gave up, so that they were repeated exactly.';
comment on column app_hidden.search_statistics.cold_searches is 'Those that looked into the cold tier.';

create table app_hidden.search_samples (
  id uuid not null default uuidv7(),
  workspace_id uuid not null,
  user_id uuid not null,
  version_id uuid not null,
  kinds app_public.source_type[],
  filters jsonb,
  embedding extensions.halfvec not null,
  query text,
  constraint search_samples_pkey primary key (id),
  constraint search_samples_user_id_fkey foreign key (workspace_id, user_id)
    references app_public.workspace_members (workspace_id, user_id) on delete cascade,
  constraint search_samples_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint search_samples_id_version check (uuid_extract_version(id) = 7),
  constraint search_samples_kinds_length check (cardinality(kinds) between 1 and 10),
  constraint search_samples_filters_object check (jsonb_typeof(filters) = 'object' and filters <> '{}'),
  constraint search_samples_query_length check (char_length(query) <= 10000)
);
alter table app_hidden.search_samples enable row level security;
alter table app_hidden.search_samples force row level security;
-- serves: the foreign key from workspace_members, and the latest samples of a workspace
create index search_samples_workspace_id_user_id_idx on app_hidden.search_samples (workspace_id, user_id);
-- serves: the foreign key from embedding_versions, and the samples that a measurement asks
create index search_samples_version_id_idx on app_hidden.search_samples (version_id, id);
comment on table app_hidden.search_samples is 'Vectors of some searches, to be asked again when recall is measured. They go with the membership of who asked, and after search_sample_days.';
comment on column app_hidden.search_samples.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.search_samples.workspace_id is 'The tenant.';
comment on column app_hidden.search_samples.user_id is 'Who asked: the measurement sees what this member may read.';
comment on column app_hidden.search_samples.version_id is 'The embedding version that the vector belongs to.';
comment on column app_hidden.search_samples.kinds is 'The kinds that were asked for; null means all.';
comment on column app_hidden.search_samples.filters is 'The filters, a search_filters without what is null; null means none. Names of tags and metadata are among them only when search_sample_keeps_text allows words.';
comment on column app_hidden.search_samples.embedding is 'The vector.';
comment on column app_hidden.search_samples.query is 'The words; null unless the setting search_sample_keeps_text allows them.';

create table app_hidden.recall_measurements (
  id uuid not null default uuidv7(),
  version_id uuid not null,
  size_class app_public.search_size_class not null,
  source app_public.recall_source not null,
  k integer not null,
  queries integer not null,
  index_queries integer not null,
  filtered_queries integer not null default 0,
  recall real not null,
  filtered_recall real,
  objective real not null,
  short_returns integer not null,
  scan_limit_hits integer not null,
  exact_p50_ms real not null,
  exact_p95_ms real not null,
  index_p50_ms real,
  index_p95_ms real,
  ef_search integer not null,
  suggested_ef_search integer,
  suggested_recall real,
  suggested_exact_limit bigint,
  measured_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint recall_measurements_pkey primary key (id),
  constraint recall_measurements_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint recall_measurements_id_version check (uuid_extract_version(id) = 7),
  constraint recall_measurements_counts check (
    k > 0 and queries > 0 and index_queries between 0 and queries and filtered_queries between 0 and queries
    and (filtered_recall is null) = (filtered_queries = 0) and short_returns between 0 and queries and scan_limit_hits between 0 and index_queries
  ),
  constraint recall_measurements_shares check (
    recall between 0 and 1 and filtered_recall between 0 and 1 and objective between 0 and 1 and suggested_recall between 0 and 1
  )
);
alter table app_hidden.recall_measurements enable row level security;
alter table app_hidden.recall_measurements force row level security;
-- serves: the latest measurement of a version and size, and the foreign key from embedding_versions
create index recall_measurements_version_id_idx on app_hidden.recall_measurements (version_id, size_class, id desc);
comment on table app_hidden.recall_measurements is 'What searches found beside an exact search, over time: one row per measurement of a version and a size of workspaces. Kept for search_history_days.';
comment on column app_hidden.recall_measurements.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.recall_measurements.version_id is 'The embedding version.';
comment on column app_hidden.recall_measurements.size_class is 'Size of the workspaces that were asked.';
comment on column app_hidden.recall_measurements.source is 'What was asked.';
comment on column app_hidden.recall_measurements.k is 'Results per query.';
comment on column app_hidden.recall_measurements.queries is 'Queries that were asked.';
comment on column app_hidden.recall_measurements.index_queries is 'Those of them that a search answers by the index.';
comment on column app_hidden.recall_measurements.filtered_queries is 'Those of them that had filters.';
comment on column app_hidden.recall_measurements.recall is 'Mean share of the k nearest that the search returned.';
comment on column app_hidden.recall_measurements.filtered_recall is 'The same of the queries with filters alone; null when there was none.';
comment on column app_hidden.recall_measurements.objective is 'search_recall_objective at that time.';
comment on column app_hidden.recall_measurements.short_returns is 'Queries to which the search returned fewer results than the exact search.';
comment on column app_hidden.recall_measurements.scan_limit_hits is 'Queries whose index scan gave up.';
comment on column app_hidden.recall_measurements.exact_p50_ms is 'Milliseconds of the exact comparison, median.';
comment on column app_hidden.recall_measurements.exact_p95_ms is 'The same, 95th percentile.';
comment on column app_hidden.recall_measurements.index_p50_ms is 'Milliseconds of the index, with the exact comparison where its scan gave up, median; null when no query went by the index.';
comment on column app_hidden.recall_measurements.index_p95_ms is 'The same, 95th percentile.';
comment on column app_hidden.recall_measurements.ef_search is 'hnsw.ef_search in force.';
comment on column app_hidden.recall_measurements.suggested_ef_search is 'The smallest that was tried and met the objective, from the setting search_ef_search on; the largest tried when none did. Null when no query went by the index, or time was over.';
comment on column app_hidden.recall_measurements.suggested_recall is 'Recall of the index with it.';
comment on column app_hidden.recall_measurements.suggested_exact_limit is 'A search_exact_limit by which these workspaces would be searched exactly: given when that was no slower than the index.';
comment on column app_hidden.recall_measurements.measured_at is 'When; derived from the id.';

create type app_private.recall_query as (
  workspace_id uuid,
  user_id uuid,
  kinds app_public.source_type[],
  filters app_public.search_filters,
  embedding extensions.halfvec
);
comment on type app_private.recall_query is 'A query of a measurement: whose, and for what.';

create type app_private.recall_truth as (
  query app_private.recall_query,
  sources uuid[],
  conditions text,
  nearest uuid[],
  milliseconds double precision
);
comment on type app_private.recall_truth is 'What an exact search finds for a query of a measurement, and how long it took.';

create type app_public.recall_figure as (
  version_id uuid,
  version_name text,
  size_class app_public.search_size_class,
  source app_public.recall_source,
  measured_at timestamptz,
  recall real,
  meets_objective boolean,
  queries integer,
  index_queries integer,
  filtered_queries integer,
  filtered_recall real,
  short_returns integer,
  scan_limit_hits integer,
  exact_p50_ms real,
  exact_p95_ms real,
  index_p50_ms real,
  index_p95_ms real,
  ef_search integer,
  ef_search_in_force integer,
  suggested_ef_search integer,
  suggested_recall real,
  suggested_exact_limit bigint
);
comment on type app_public.recall_figure is 'The latest measurement of recall for an embedding version and a size of workspaces.';
comment on column app_public.recall_figure.version_id is 'The embedding version.';
comment on column app_public.recall_figure.version_name is 'Its name.';
comment on column app_public.recall_figure.size_class is 'Size of the workspaces that were asked.';
comment on column app_public.recall_figure.source is 'What was asked: real searches, or stored passages.';
comment on column app_public.recall_figure.measured_at is 'When.';
comment on column app_public.recall_figure.recall is 'Mean share of the 10 nearest that the search returned, 0 to 1.';
comment on column app_public.recall_figure.meets_objective is 'Whether that is the setting search_recall_objective or more.';
comment on column app_public.recall_figure.queries is 'Queries that were asked.';
comment on column app_public.recall_figure.index_queries is 'Those of them that went by the index.';
comment on column app_public.recall_figure.filtered_queries is 'Those of them that had filters.';
comment on column app_public.recall_figure.filtered_recall is 'The recall of these alone; null when there was none.';
comment on column app_public.recall_figure.short_returns is 'Queries to which the search returned fewer results than the exact search.';
comment on column app_public.recall_figure.scan_limit_hits is 'Queries whose index scan gave up, so that they were repeated exactly.';
comment on column app_public.recall_figure.exact_p50_ms is 'Milliseconds of the exact comparison, median.';
comment on column app_public.recall_figure.exact_p95_ms is 'The same, 95th percentile.';
comment on column app_public.recall_figure.index_p50_ms is 'Milliseconds of the index, median; null when no query went by the index.';
comment on column app_public.recall_figure.index_p95_ms is 'The same, 95th percentile.';
comment on column app_public.recall_figure.ef_search is 'hnsw.ef_search when it was measured.';
comment on column app_public.recall_figure.ef_search_in_force is 'hnsw.ef_search of the version now.';
comment on column app_public.recall_figure.suggested_ef_search is 'The smallest that was tried and met the objective; the largest tried when none did.';
comment on column app_public.recall_figure.suggested_recall is 'Recall of the index with it.';
comment on column app_public.recall_figure.suggested_exact_limit is 'A search_exact_limit by which these workspaces would be searched exactly: given when that was no slower than the index.';

create type app_public.search_count as (
  version_id uuid,
  size_class app_public.search_size_class,
  path text,
  searches bigint,
  short_returns bigint,
  lost_returns bigint,
  scan_limit_hits bigint,
  cold_searches bigint
);
comment on type app_public.search_count is 'Searches of one embedding version, size of workspaces and path.';
comment on column app_public.search_count.version_id is 'The embedding version; null when no vectors were compared.';
comment on column app_public.search_count.size_class is 'Size of the workspaces.';
comment on column app_public.search_count.path is 'How vectors were compared, as the answers said.';
comment on column app_public.search_count.searches is 'How many.';
comment on column app_public.search_count.short_returns is 'Those that returned fewer results than were asked for.';
comment on column app_public.search_count.lost_returns is 'Those of them to which an exact search would have given more.';
comment on column app_public.search_count.scan_limit_hits is 'Those whose index scan gave up, so that they were repeated exactly.';
comment on column app_public.search_count.cold_searches is 'Those that looked into the cold tier.';

create type app_public.search_quality as (
  objective real,
  recall app_public.recall_figure[],
  searches app_public.search_count[]
);
comment on type app_public.search_quality is 'How well searches do.';
comment on column app_public.search_quality.objective is 'The recall that searches shall have: the setting search_recall_objective.';
comment on column app_public.search_quality.recall is 'The latest measurements, the active version first, then by size.';
comment on column app_public.search_quality.searches is 'Searches through the API, counted.';
