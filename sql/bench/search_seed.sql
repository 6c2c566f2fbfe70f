-- :tenants workspaces of Zipf sizes, the first with 1/k of the share of the k-th, and :chunks chunks in all: clustered unit
-- vectors of :dimensions dimensions around :centres centres of a lower rank, as real embeddings are, and text of natural
-- length. Three of four tenants' chunks are private. The triggers that count are off while loading.
set jit = off;
select setseed(0.42);
insert into app_public.users (email) select format('user%s@example.org', n) from generate_series(1, :tenants) as n;
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;

create table bench.tenants as
with harmonic as (select sum(1.0 / n) as h from generate_series(1, :tenants) as n)
select t.workspace_id, t.user_id, t.rank, greatest(4, round(:chunks / (h * t.rank)))::integer as size
from (
  select m.workspace_id, m.user_id, row_number() over (order by substring(u.email::text from '[0-9]+')::integer) as rank
  from app_public.workspace_members m join app_public.users u on u.id = m.user_id
) as t
cross join harmonic;
create index on bench.tenants (workspace_id);

insert into app_public.documents (workspace_id, owner_id, title, content, chunked_hash)
select t.workspace_id, t.user_id, 'bench', 'in bulk', null from bench.tenants t;
update app_public.documents set chunked_hash = content_hash;

create table bench.texts as select n, left(bench.text(70, n), 4000) as content from generate_series(0, 1999) as n;
create index on bench.texts (n);

-- centres in a space of 24 dimensions, carried over by one random map: neighbours of a point lie in its own cluster, and clusters overlap
create table bench.map as select d, array(select random_normal() + d * 0.0 from generate_series(1, 24))::real[] as row from generate_series(1, :dimensions) as d;
create table bench.centres as select c, array(select random_normal() + c * 0.0 from generate_series(1, 24))::real[] as at from generate_series(0, :centres - 1) as c;

create function bench.vector(centre integer, seed bigint)
returns extensions.halfvec
language sql
volatile
as $$
  select extensions.l2_normalize(array_agg(extensions.inner_product(m.row::extensions.vector, p.at)::real + 0.15 * random_normal()::real order by m.d)::real[]::extensions.halfvec)
  from bench.map m, (
    select (c.at::extensions.vector + array(select (0.45 * random_normal() + i * 0.0 + seed * 0.0)::real from generate_series(1, 24) as i)::real[]::extensions.vector) as at
    from bench.centres c where c.c = centre
    offset 0
  ) as p;
$$;

alter table app_public.chunks disable trigger user;
alter table app_public.embeddings disable trigger user;

insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap, status)
values ('bench', 'bench', 'bench', :dimensions, 100, 0, 'building');
select app_private.create_embedding_partitions(v.id) from app_public.embedding_versions v where v.name = 'bench';
update app_public.embedding_versions set status = 'retired' where status = 'active';
update app_public.embedding_versions set status = 'active', activated_at = now() where name = 'bench';

insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash, metadata)
select t.workspace_id, 'document', d.id, t.user_id, case when g.i % 4 = 0 then 'workspace' else 'private' end::app_public.visibility, g.i, x.content, 0, 1, 1,
  sha256(int8send(g.i) || uuid_send(d.id)),
  -- a tenant writes about some things more than about others
  jsonb_build_object('centre', (t.rank * 7919 + floor(power(random(), 2) * :centres)::integer) % :centres)
from bench.tenants t
join app_public.documents d on d.workspace_id = t.workspace_id
cross join lateral generate_series(1, t.size) as g (i)
join bench.texts x on x.n = (g.i * 31 + t.rank) % 2000;

insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
select v.id, c.workspace_id, c.id, bench.vector((c.metadata ->> 'centre')::integer, c.chunk_index)
from app_public.chunks c cross join app_public.embedding_versions v
where v.name = 'bench';

alter table app_public.chunks enable trigger user;
alter table app_public.embeddings enable trigger user;
insert into app_hidden.chunk_counts (workspace_id, source_type, chunk_count)
select c.workspace_id, c.source_type, count(*) from app_public.chunks c group by 1, 2;
insert into app_hidden.embedding_counts (version_id, workspace_id, embedding_count)
select e.version_id, e.workspace_id, count(*) from app_public.embeddings e group by 1, 2;
set maintenance_work_mem = '1GB';
select app_private.create_embedding_index(v.id) from app_public.embedding_versions v where v.name = 'bench';

-- The anchors: all tenants in one table, once with an HNSW index and once with an ivfflat one, under the policy of embeddings,
-- which asks who may read the chunk; here its columns stand beside the vector, which is the best case for them.
create table bench.hnsw (workspace_id uuid not null, owner_id uuid not null, visibility app_public.visibility not null, chunk_id uuid not null, embedding extensions.halfvec(:dimensions) not null);
insert into bench.hnsw
select e.workspace_id, c.owner_id, c.visibility, e.chunk_id, e.embedding
from app_public.embeddings e join app_public.chunks c on c.workspace_id = e.workspace_id and c.id = e.chunk_id
order by e.chunk_id;
create table bench.ivfflat as table bench.hnsw;
alter table bench.ivfflat alter column embedding type extensions.halfvec(:dimensions);
create table bench.exact as table bench.hnsw;
create index on bench.hnsw using hnsw (embedding extensions.halfvec_cosine_ops);
create index on bench.ivfflat using ivfflat (embedding extensions.halfvec_cosine_ops) with (lists = 100);
create index on bench.hnsw (workspace_id);
create index on bench.ivfflat (workspace_id);
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
