-- After the vectors are there: the index of the version, and the anchors, all tenants in one table, with an HNSW index, with
-- an ivfflat one and with none but that of the tenant. Their policy is what that of embeddings says, but with the columns it asks
-- for beside the vector, which is the best case for them.
alter table app_public.embeddings enable trigger user;
insert into app_hidden.embedding_counts (version_id, workspace_id, embedding_count)
select e.version_id, e.workspace_id, count(*) from app_public.embeddings e group by 1, 2;
set maintenance_work_mem = '1GB';
select app_private.create_embedding_index(v.id) from app_public.embedding_versions v where v.name = 'bench';

create table bench.hnsw (workspace_id uuid not null, owner_id uuid not null, visibility app_public.visibility not null, chunk_id uuid not null, embedding extensions.halfvec(:dimensions) not null);
insert into bench.hnsw
select e.workspace_id, c.owner_id, c.visibility, e.chunk_id, e.embedding
from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
order by e.chunk_id;
create table bench.ivfflat (like bench.hnsw);
insert into bench.ivfflat select * from bench.hnsw;
create table bench.exact (like bench.hnsw);
insert into bench.exact select * from bench.hnsw;
create index on bench.hnsw using hnsw (embedding extensions.halfvec_cosine_ops);
create index on bench.ivfflat using ivfflat (embedding extensions.halfvec_cosine_ops) with (lists = 100);
create index on bench.exact (workspace_id);
do $policies$
declare
  anchor text;
begin
  foreach anchor in array array['hnsw', 'ivfflat', 'exact'] loop
    execute format('alter table bench.%I enable row level security', anchor);
    execute format(
      'create policy select_member on bench.%I for select to colloquy_user using (
         workspace_id = (select app_hidden.current_workspace_id())
         and (owner_id = (select app_hidden.current_user_id()) or visibility = ''workspace''))', anchor);
    execute format('grant select on bench.%I to colloquy_user', anchor);
  end loop;
end
$policies$;
grant usage on schema bench to colloquy_user;
analyze;
