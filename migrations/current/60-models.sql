-- What a model wants beside its name, how a version cuts text, and how a version does on questions before it is switched to.

alter table app_public.embedding_versions add column if not exists query_prefix text not null default '';
alter table app_public.embedding_versions add column if not exists passage_prefix text not null default '';
alter table app_public.embedding_versions add column if not exists native_dimensions integer;
alter table app_public.embedding_versions drop constraint if exists embedding_versions_prefixes_length;
alter table app_public.embedding_versions add constraint embedding_versions_prefixes_length
  check (char_length(query_prefix) <= 1000 and char_length(passage_prefix) <= 1000);
alter table app_public.embedding_versions drop constraint if exists embedding_versions_native_dimensions_range;
alter table app_public.embedding_versions add constraint embedding_versions_native_dimensions_range
  check (native_dimensions > dimensions and native_dimensions <= 16000);
alter table app_public.embedding_versions drop constraint if exists embedding_versions_chunking_method;
alter table app_public.embedding_versions add constraint embedding_versions_chunking_method
  check (chunking_strategy = '{}' or chunking_strategy in ('{"method": "structure"}', '{"method": "sentence"}', '{"method": "fixed"}'));
comment on column app_public.embedding_versions.query_prefix is 'What its model wants before a query, as an instruction or "query: "; empty for most.';
comment on column app_public.embedding_versions.passage_prefix is 'What its model wants before a passage, as "passage: "; empty for most. It is not stored with the passage.';
comment on column app_public.embedding_versions.native_dimensions is 'Length of the vectors as the model makes them, when they are cut to fewer dimensions (Matryoshka) and scaled to length one again; null when they are not cut.';
comment on column app_public.embedding_versions.chunking_strategy is 'How text is cut: {"method": "structure"}, also meant by {}, at the best boundary; "sentence", at the ends of sentences; "fixed", where the size is reached.';

do $$
begin
  if to_regtype('app_public.evaluation_source') is null then
    create type app_public.evaluation_source as enum ('answers', 'passages');
  end if;
  if to_regtype('app_public.evaluation_verdict') is null then
    create type app_public.evaluation_verdict as enum ('better', 'alike', 'worse', 'unjudged');
  end if;
end
$$;
comment on type app_public.evaluation_source is 'Where the questions of an evaluation come from: "answers", what users asked and their answers cited; "passages", a sentence of a passage that asks for its passage.';
comment on type app_public.evaluation_verdict is 'How one embedding version does beside another; "unjudged" with too few questions.';

create table if not exists app_hidden.embedding_evaluations (
  version_id uuid not null,
  baseline_id uuid not null,
  source app_public.evaluation_source not null,
  k integer not null,
  questions integer not null,
  recall real,
  baseline_recall real,
  recall_difference_low real,
  recall_difference_high real,
  mrr real,
  baseline_mrr real,
  mrr_difference_low real,
  mrr_difference_high real,
  evaluated_at timestamptz not null default now(),
  constraint embedding_evaluations_pkey primary key (version_id, baseline_id),
  constraint embedding_evaluations_version_id_fkey foreign key (version_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_evaluations_baseline_id_fkey foreign key (baseline_id) references app_public.embedding_versions (id) on delete cascade,
  constraint embedding_evaluations_positive check (k > 0 and questions >= 0),
  constraint embedding_evaluations_shares check (
    recall between 0 and 1 and baseline_recall between 0 and 1 and mrr between 0 and 1 and baseline_mrr between 0 and 1
  )
);
alter table app_hidden.embedding_evaluations enable row level security;
alter table app_hidden.embedding_evaluations force row level security;
-- serves: the foreign key of the baseline
create index if not exists embedding_evaluations_baseline_id_idx on app_hidden.embedding_evaluations (baseline_id);
comment on table app_hidden.embedding_evaluations is 'How an embedding version did on the same questions as another one; the latest evaluation of each pair. It holds figures, never a question.';
comment on column app_hidden.embedding_evaluations.version_id is 'The embedding version.';
comment on column app_hidden.embedding_evaluations.baseline_id is 'The one that it was compared with.';
comment on column app_hidden.embedding_evaluations.source is 'Where the questions came from.';
comment on column app_hidden.embedding_evaluations.k is 'Passages that were looked at per question.';
comment on column app_hidden.embedding_evaluations.questions is 'How many questions.';
comment on column app_hidden.embedding_evaluations.recall is 'Mean share of what should be found that was among the first k; null without questions.';
comment on column app_hidden.embedding_evaluations.baseline_recall is 'The same of the other version.';
comment on column app_hidden.embedding_evaluations.recall_difference_low is 'Lower end of the 95 % interval of the difference, question by question.';
comment on column app_hidden.embedding_evaluations.recall_difference_high is 'Its upper end.';
comment on column app_hidden.embedding_evaluations.mrr is 'Mean reciprocal rank of the first hit among the first k.';
comment on column app_hidden.embedding_evaluations.baseline_mrr is 'The same of the other version.';
comment on column app_hidden.embedding_evaluations.mrr_difference_low is 'Lower end of the 95 % interval of the difference.';
comment on column app_hidden.embedding_evaluations.mrr_difference_high is 'Its upper end.';
comment on column app_hidden.embedding_evaluations.evaluated_at is 'When.';

do $$
begin
  if to_regtype('app_public.embedding_evaluation') is null then
    create type app_public.embedding_evaluation as (
      version_id uuid,
      baseline_id uuid,
      verdict app_public.evaluation_verdict,
      source app_public.evaluation_source,
      k integer,
      questions integer,
      recall real,
      baseline_recall real,
      recall_difference_low real,
      recall_difference_high real,
      mrr real,
      baseline_mrr real,
      mrr_difference_low real,
      mrr_difference_high real,
      evaluated_at timestamptz
    );
  end if;
end
$$;
comment on type app_public.embedding_evaluation is 'How an embedding version did on the same questions as the active one.';
comment on column app_public.embedding_evaluation.version_id is 'The embedding version.';
comment on column app_public.embedding_evaluation.baseline_id is 'The one that it was compared with.';
comment on column app_public.embedding_evaluation.verdict is 'What follows: "worse" keeps it from being activated, unless that is accepted.';
comment on column app_public.embedding_evaluation.source is 'Where the questions came from.';
comment on column app_public.embedding_evaluation.k is 'Passages that were looked at per question.';
comment on column app_public.embedding_evaluation.questions is 'How many questions.';
comment on column app_public.embedding_evaluation.recall is 'Mean share of what should be found that was among the first k.';
comment on column app_public.embedding_evaluation.baseline_recall is 'The same of the other version.';
comment on column app_public.embedding_evaluation.recall_difference_low is 'Lower end of the 95 % interval of the difference, question by question.';
comment on column app_public.embedding_evaluation.recall_difference_high is 'Its upper end.';
comment on column app_public.embedding_evaluation.mrr is 'Mean reciprocal rank of the first hit among the first k.';
comment on column app_public.embedding_evaluation.baseline_mrr is 'The same of the other version.';
comment on column app_public.embedding_evaluation.mrr_difference_low is 'Lower end of the 95 % interval of the difference.';
comment on column app_public.embedding_evaluation.mrr_difference_high is 'Its upper end.';
comment on column app_public.embedding_evaluation.evaluated_at is 'When.';

insert into app_private.settings (name, value, unit, description) values
  ('embedding_evaluation_margin', '0.05', 'share', 'How much worse recall@10 or MRR@10 of a version may be, on the questions of its evaluation, before activating it wants to be accepted.'),
  ('embedding_evaluation_minimum', '20', 'count', 'Questions below which an evaluation judges nothing; and answered questions below which passages ask instead.')
on conflict (name) do nothing;

-- their arguments have changed: a second version of each would be ambiguous
drop function if exists app_public.create_embedding_version(text, text, text, integer, text);
drop function if exists app_public.activate_embedding_version(uuid);

--!include policies/embedding_evaluations.sql
--!include embeddings/create_embedding_version.sql
--!include embeddings/embedding_evaluation.sql
--!include embeddings/activate_embedding_version.sql
--!include embeddings/evaluate_embedding_version.sql
--!include embeddings/first_embedding_version.sql
--!include embeddings/recut_documents.sql
