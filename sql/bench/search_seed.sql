-- :tenants workspaces of Zipf sizes (the k-th has 1/k of the share of the first) with :chunks chunks in all, about :centres
-- themes, in text of natural length with some words of a long tail. Three of four chunks are private. Their vectors come from
-- the bench. The triggers that count are off while loading.
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

alter table app_public.chunks disable trigger user;

insert into app_public.embedding_versions (name, provider, model, dimensions, chunk_size, chunk_overlap, status)
values ('bench', 'bench', 'bench', :dimensions, 100, 0, 'building');
select app_private.create_embedding_partitions(v.id) from app_public.embedding_versions v where v.name = 'bench';
update app_public.embedding_versions set status = 'retired' where status = 'active';
update app_public.embedding_versions set status = 'active', activated_at = now() where name = 'bench';

insert into app_public.chunks (workspace_id, source_type, document_id, owner_id, visibility, chunk_index, content, start_offset, end_offset, token_count, content_hash, metadata)
select t.workspace_id, 'document', d.id, t.user_id, case when g.i % 4 = 0 then 'workspace' else 'private' end::app_public.visibility, g.i, x.content || ' ' || (select string_agg('w' || floor(exp(random() * ln(20000))), ' ') from generate_series(1, 12) as w where g.i > 0), 0, 1, 1,
  sha256(int8send(g.i) || uuid_send(d.id)),
  -- a tenant writes about some things more than about others
  jsonb_build_object('centre', (t.rank * 7919 + floor(power(random(), 2) * :centres)::integer) % :centres)
from bench.tenants t
join app_public.documents d on d.workspace_id = t.workspace_id
cross join lateral generate_series(1, t.size) as g (i)
join bench.texts x on x.n = (g.i * 31 + t.rank) % 2000;

alter table app_public.chunks enable trigger user;
insert into app_hidden.chunk_counts (workspace_id, source_type, text_search_language, chunk_count)
select c.workspace_id, c.source_type, c.text_search_language, count(*) from app_public.chunks c group by 1, 2, 3;
