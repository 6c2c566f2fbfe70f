-- How much vectors count beside words is measured, per embedding version, by what answers cited.

insert into app_private.settings (name, value, unit, description) values
  ('search_vector_weight_auto', 'on', 'on or off', 'Whether measurements may change how much the vectors of an embedding version count in a hybrid search. One that an administrator has set stays in any case.'),
  ('search_vector_weight_questions', '200', 'count', 'Questions of users that one measurement of it asks, per embedding version.'),
  ('search_vector_weight_minimum', '50', 'count', 'Questions below which a measurement of it suggests nothing.'),
  ('search_vector_weight_seconds', '30', 'seconds', 'Time after which a measurement of it asks no further question. What it has asked counts.')
on conflict (name) do nothing;

alter table app_public.embedding_versions add column if not exists vector_weight_is_fixed boolean not null default false;
comment on column app_public.embedding_versions.vector_weight_is_fixed is 'Whether an administrator has set vector_weight: measurements leave it alone.';

create table if not exists app_hidden.fusion_measurements (
  id uuid not null default uuidv7(),
  version_id uuid not null,
  questions integer not null,
  endorsed_questions integer not null,
  vector_weight real not null,
  points jsonb not null,
  suggested_weight real,
  was_applied boolean not null,
  measured_at timestamptz generated always as (uuid_extract_timestamp(id)) virtual,
  constraint fusion_measurements_pkey primary key (id),
  constraint fusion_measurements_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint fusion_measurements_id_version check (uuid_extract_version(id) = 7),
  constraint fusion_measurements_counts check (questions > 0 and endorsed_questions between 0 and questions),
  constraint fusion_measurements_shares check (vector_weight between 0 and 1 and suggested_weight between 0 and 1),
  constraint fusion_measurements_points_array check (jsonb_typeof(points) = 'array'),
  constraint fusion_measurements_applied check (not was_applied or suggested_weight is not null)
);
alter table app_hidden.fusion_measurements enable row level security;
alter table app_hidden.fusion_measurements force row level security;
-- serves: the latest measurement of a version, and the foreign key from embedding_versions
create index if not exists fusion_measurements_version_id_idx on app_hidden.fusion_measurements (version_id, id desc);
comment on table app_hidden.fusion_measurements is 'How well cited sources are found with more or less weight on the vectors, over time: one row per measurement of a version. Kept for search_history_days.';
comment on column app_hidden.fusion_measurements.id is 'Time-ordered identifier (UUID version 7).';
comment on column app_hidden.fusion_measurements.version_id is 'The embedding version.';
comment on column app_hidden.fusion_measurements.questions is 'Questions that were asked and found something that their answer cited.';
comment on column app_hidden.fusion_measurements.endorsed_questions is 'Those of them whose answer somebody thought good: each counts twice.';
comment on column app_hidden.fusion_measurements.vector_weight is 'The weight in force.';
comment on column app_hidden.fusion_measurements.points is '[{weight, ndcg, gain, gain_error}]: nDCG@10 of the cited sources with each weight, how much better than with the one in force, and the standard error of that.';
comment on column app_hidden.fusion_measurements.suggested_weight is 'The weight to take next; null when the one in force is not clearly worse, or there were too few questions.';
comment on column app_hidden.fusion_measurements.was_applied is 'Whether it was put in force.';
comment on column app_hidden.fusion_measurements.measured_at is 'When; derived from the id.';

do $types$
begin
  if to_regtype('app_private.fusion_question') is null then
    create type app_private.fusion_question as (
      workspace_id uuid, user_id uuid, question text, embedding extensions.halfvec, asked_at timestamptz, kinds app_public.source_type[],
      cited uuid[], is_endorsed boolean
    );
    create type app_public.vector_weight_point as (weight real, ndcg real, gain real, gain_error real);
    create type app_public.vector_weight_figure as (
      version_id uuid, version_name text, vector_weight real, is_fixed boolean, measured_at timestamptz, questions integer,
      endorsed_questions integer, measured_weight real, suggested_weight real, was_applied boolean, points app_public.vector_weight_point[]
    );
    alter type app_public.search_quality add attribute vector_weights app_public.vector_weight_figure[];
  end if;
end
$types$;
comment on type app_private.fusion_question is 'A question of a measurement: whose, and what its answer cited.';
comment on type app_public.vector_weight_point is 'How well cited sources are found with one weight of the vectors.';
comment on column app_public.vector_weight_point.weight is 'The weight of the vectors, 0 to 1; words have the rest.';
comment on column app_public.vector_weight_point.ndcg is 'nDCG@10 of the cited sources, 0 to 1: mean over the questions.';
comment on column app_public.vector_weight_point.gain is 'How much more that is than with the weight in force.';
comment on column app_public.vector_weight_point.gain_error is 'The standard error of the gain.';
comment on type app_public.vector_weight_figure is 'How much the vectors of an embedding version count in a hybrid search, and the latest measurement of it.';
comment on column app_public.vector_weight_figure.version_id is 'The embedding version.';
comment on column app_public.vector_weight_figure.version_name is 'Its name.';
comment on column app_public.vector_weight_figure.vector_weight is 'The weight in force, 0 to 1.';
comment on column app_public.vector_weight_figure.is_fixed is 'Whether an administrator has set it: measurements leave it alone.';
comment on column app_public.vector_weight_figure.measured_at is 'When it was last measured; null when it never was.';
comment on column app_public.vector_weight_figure.questions is 'Questions of users that the measurement asked and that found something their answer cited.';
comment on column app_public.vector_weight_figure.endorsed_questions is 'Those of them whose answer somebody thought good.';
comment on column app_public.vector_weight_figure.measured_weight is 'The weight that was in force then.';
comment on column app_public.vector_weight_figure.suggested_weight is 'The weight to take next; null when nothing is clearly better, or there were too few questions.';
comment on column app_public.vector_weight_figure.was_applied is 'Whether the suggestion was put in force.';
comment on column app_public.vector_weight_figure.points is 'What each weight would do.';
comment on column app_public.search_quality.vector_weights is 'How much vectors count per embedding version, the active one first, and how that was measured.';

--!include policies/fusion_measurements.sql
--!include search/fusion_questions.sql
--!include search/measure_vector_weight.sql
--!include search/set_vector_weight.sql
--!include search/latest_vector_weights.sql
--!include search/search_quality.sql
--!include lifecycle/delete_search_history.sql
