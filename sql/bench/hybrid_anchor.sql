-- The anchor of bench hybrid: what is written by hand when there is no search(). A table of vectors with an HNSW index and one of
-- words with a GIN index, both with an index of the tenant as well, so that the planner has every way; under the policy of the others.
create index on bench.hnsw (workspace_id);
create table bench.passages (
  chunk_id uuid primary key,
  workspace_id uuid not null,
  owner_id uuid not null,
  visibility app_public.visibility not null,
  content text not null,
  words tsvector not null generated always as (to_tsvector('pg_catalog.english', content)) stored
);
insert into bench.passages (chunk_id, workspace_id, owner_id, visibility, content)
select c.id, c.workspace_id, c.owner_id, c.visibility, c.content from app_public.chunks c;
create index on bench.passages (workspace_id);
create index on bench.passages using gin (words);
alter table bench.passages enable row level security;
create policy select_member on bench.passages for select to colloquy_user using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (owner_id = (select app_hidden.current_user_id()) or visibility = 'workspace')
);
grant select on bench.passages to colloquy_user;
analyze bench.hnsw, bench.passages;
