-- What sample data does not have: a vector of every passage, of which some are near each other.
alter table app_public.embeddings disable trigger user;
insert into app_public.embeddings (version_id, workspace_id, chunk_id, embedding)
select v.id, c.workspace_id, c.id, extensions.l2_normalize(
  (select array_agg(sin((hashint4(c.kind) % 1000) + n) + 0.3 * sin(hashint8(c.place) % 1000 * n)) from generate_series(1, v.dimensions) as n)
    ::extensions.halfvec
)
from (select k.*, row_number() over (order by k.id) as place, (row_number() over (order by k.id) % 40)::integer as kind from app_public.chunks k) as c
cross join app_public.embedding_versions v
where v.status = 'active';
alter table app_public.embeddings enable trigger user;
update app_public.conversations set max_messages = 100000000;
