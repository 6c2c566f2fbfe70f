-- Which conversations cite a passage: what a conversation that is held cites is held too.
create or replace function app_private.citing_conversations(workspace_id uuid, passage_id uuid, chunk_id uuid)
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select distinct x.conversation_id
    from app_public.message_chunks x
    where x.workspace_id = citing_conversations.workspace_id and x.chunk_id = citing_conversations.chunk_id
      and (x.passage_id is null or x.passage_id = citing_conversations.passage_id)
  );
$$;
comment on function app_private.citing_conversations(uuid, uuid, uuid) is 'The conversations that cite a passage.';
-- Deliberately not granted: the triggers that keep what is held call it.
