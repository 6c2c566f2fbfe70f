-- Tenants, and twins of chunks and embeddings for the anchor: the same columns, checks, foreign keys, partitions and indexes,
-- the vector index among them, without triggers.
insert into app_public.users (email) select format('user%s@example.org', n) from generate_series(1, :tenants) as n;
insert into app_public.workspaces (name, is_personal) select u.email::text, true from app_public.users u;
insert into app_public.workspace_members (workspace_id, user_id, role)
select w.id, u.id, 'owner' from app_public.workspaces w join app_public.users u on u.email::text = w.name;

create table bench.chunks (like app_public.chunks including defaults including generated including constraints including indexes)
partition by hash (workspace_id);
alter table bench.chunks add foreign key (workspace_id, document_id) references app_public.documents (workspace_id, id);
alter table bench.chunks add foreign key (owner_id) references app_public.users (id);
create table bench.embeddings (like app_public.embeddings including defaults including constraints including indexes)
partition by hash (workspace_id);
do $partitions$
begin
  for remainder in 0 .. 15 loop
    execute format('create table bench.chunks_%s partition of bench.chunks for values with (modulus 16, remainder %1$s)', remainder);
    execute format('create table bench.embeddings_%s partition of bench.embeddings for values with (modulus 16, remainder %1$s)', remainder);
  end loop;
end
$partitions$;
alter table bench.embeddings add foreign key (workspace_id, chunk_id) references bench.chunks (workspace_id, id);
create index on bench.embeddings using hnsw ((embedding::extensions.halfvec(512)) extensions.halfvec_cosine_ops);
