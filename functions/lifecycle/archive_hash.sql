-- An archive has several documents, each with its hash; this one is over all of them, so that a document that is gone shows.
create or replace function app_private.archive_hash(conversation_id uuid)
returns bytea
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select sha256(coalesce(string_agg(p.sha256, '' order by p.packed::regclass::text, p.part), ''))
  from app_hidden.conversation_archive_parts p
  where p.conversation_id = archive_hash.conversation_id;
$$;
comment on function app_private.archive_hash(uuid) is 'SHA-256 over the SHA-256 of the parts of an archive, in order: a part that is gone shows.';
