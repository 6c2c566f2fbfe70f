-- What a new database needs beside tables and functions: the first partitions, and the embedding version that works without network
-- and key. migrate runs it each time, after functions/: where something is there already it changes nothing.
create or replace function app_private.complete_installation()
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  made uuid;
begin
  -- where others are at work, the worker keeps them: one in a transaction, so that its locks end soon
  if exists (select from app_public.embedding_versions) then
    return;
  end if;
  perform app_hidden.ensure_partitions(3);
  -- The model reads 128 of its own tokens at a time. Passages of 200 tokens without overlap cost a fifth fewer tokens than those of
  -- 100 with 15, are half as many, and find as well (docs/search-performance.md).
  insert into app_public.embedding_versions (name, description, provider, model, dimensions, chunk_size, chunk_overlap, status, activated_at)
  values (
    'local-1', 'Universal Sentence Encoder Lite, on this machine: needs no network and no key.', 'local', 'universal-sentence-encoder-lite', 512,
    200, 0, 'active', now()
  )
  returning id into made;
  perform app_private.create_embedding_partitions(made);
  perform app_private.create_embedding_index(made);
end
$$;
comment on function app_private.complete_installation() is
  'The first partitions and the first embedding version (local-1) of a new database; nothing where they are. For the owner, after each migration.';
-- Deliberately not granted: the owner's login calls it.
