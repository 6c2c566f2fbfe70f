-- Words at once, vectors after them: what lacks a vector is a list of its own, and both are measured.

create table if not exists app_hidden.embedding_backlog (
  workspace_id uuid not null,
  chunk_id uuid not null,
  asked integer not null default 0,
  priority smallint not null default 0,
  taken_until timestamptz,
  constraint embedding_backlog_pkey primary key (workspace_id, chunk_id),
  constraint embedding_backlog_asked_positive check (asked >= 0)
)
-- rows come and go at one end of the index: what is dead there is read until it is cleaned up
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
alter table app_hidden.embedding_backlog enable row level security;
alter table app_hidden.embedding_backlog force row level security;
-- serves: the next passages of a workspace
create index if not exists embedding_backlog_order_idx on app_hidden.embedding_backlog (workspace_id, asked desc, priority desc, chunk_id desc);
-- serves: those whose worker has ended
create index if not exists embedding_backlog_taken_idx on app_hidden.embedding_backlog (workspace_id, taken_until) where taken_until is not null;
comment on table app_hidden.embedding_backlog is 'Passages without a vector of the active version, in the order in which they get it. Made of what is missing, and corrected by it; no foreign keys, since triggers and the sweep keep it.';
comment on column app_hidden.embedding_backlog.workspace_id is 'The tenant.';
comment on column app_hidden.embedding_backlog.chunk_id is 'The passage.';
comment on column app_hidden.embedding_backlog.asked is 'How often searches returned it meanwhile, by its words.';
comment on column app_hidden.embedding_backlog.priority is '1 for what was written here, 0 for what was imported.';
comment on column app_hidden.embedding_backlog.taken_until is 'A worker has it, and is taken to be dead then, unless it says otherwise before.';

create table if not exists app_hidden.indexing_rates (
  workspace_id uuid not null,
  minute timestamptz not null,
  began_at timestamptz not null,
  sources integer not null default 0,
  vectors integer not null default 0,
  constraint indexing_rates_pkey primary key (workspace_id, minute),
  constraint indexing_rates_workspace_id_fkey foreign key (workspace_id) references app_public.workspaces (id) on delete cascade,
  constraint indexing_rates_positive check (sources >= 0 and vectors >= 0)
);
alter table app_hidden.indexing_rates enable row level security;
alter table app_hidden.indexing_rates force row level security;
-- serves: the removal of what is old
create index if not exists indexing_rates_minute_idx on app_hidden.indexing_rates (minute);
comment on table app_hidden.indexing_rates is 'What the indexing of a workspace achieved, by the minute: the measured speed that indexing_progress is made of. Kept for an hour.';
comment on column app_hidden.indexing_rates.workspace_id is 'The tenant.';
comment on column app_hidden.indexing_rates.minute is 'The minute, its beginning.';
comment on column app_hidden.indexing_rates.began_at is 'When the first work that ended in it began.';
comment on column app_hidden.indexing_rates.sources is 'Documents, conversations and memories that were cut.';
comment on column app_hidden.indexing_rates.vectors is 'Passages that got a vector.';

do $$
begin
  if not exists (
    select from pg_attribute a
    where a.attrelid = to_regclass('app_public.indexing_progress') and a.attname = 'pending_sources' and not a.attisdropped
  ) then
    alter type app_public.indexing_progress
      add attribute pending_sources bigint,
      add attribute pending_chunks bigint,
      add attribute sources_per_minute numeric,
      add attribute vectors_per_minute numeric,
      add attribute words_seconds_left integer,
      add attribute vectors_seconds_left integer;
  end if;
end
$$;
comment on column app_public.indexing_progress.chunks is 'Passages in all: each is found by its words.';
comment on column app_public.indexing_progress.embedded_chunks is 'Passages that are found by meaning: they have a vector of the active version.';
comment on column app_public.indexing_progress.pending_sources is 'Documents, conversations and memories that are not found by their words yet, or not by their latest ones.';
comment on column app_public.indexing_progress.pending_chunks is 'Passages that wait for their vector.';
comment on column app_public.indexing_progress.sources_per_minute is 'How many of them were cut a minute lately; null when none were.';
comment on column app_public.indexing_progress.vectors_per_minute is 'How many passages got a vector a minute lately; null when none did.';
comment on column app_public.indexing_progress.words_seconds_left is 'Seconds until everything is found by words, at that rate; null when there is none.';
comment on column app_public.indexing_progress.vectors_seconds_left is 'Seconds until everything is found by meaning, at that rate; null when there is none, while something holds it back, and until everything is found by words.';

-- Only where nothing is cut yet: all vectors of a version are made of passages of one kind. Passages of 200 tokens without overlap cost a
-- fifth fewer tokens than those of 100 with 15, are half as many, and find as well (docs/search-performance.md).
update app_public.embedding_versions v
set chunk_size = 200, chunk_overlap = 0
where v.name = 'local-1' and v.chunk_size = 100 and v.chunk_overlap = 15 and not exists (select from app_public.chunks);

drop function if exists app_hidden.enqueue(text, jsonb, text, text);
drop function if exists app_hidden.chunks_to_embed(uuid, uuid, app_public.source_type, uuid, integer);
--!include support/enqueue.sql
--!include knowledge/documents_10_enqueue.sql
--!include ingest/process_events.sql
--!include embeddings/embed_text.sql
--!include embeddings/pipeline.sql
--!include embeddings/embedding_backlog.sql
--!include embeddings/indexing_progress.sql
--!include embeddings/backfill.sql
--!include embeddings/redrive_embeddings.sql
--!include policies/embedding_backlog.sql
--!include policies/indexing_rates.sql
