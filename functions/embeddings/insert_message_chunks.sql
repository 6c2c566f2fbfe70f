-- The passages of new messages with what stands around each; which messages they stand beside is returned, since those have new
-- neighbours now.
create or replace function app_private.insert_message_chunks(
  conversation app_public.conversations, declared app_public.text_search_language, through_sequence_number integer, new_chunks jsonb,
  out added integer, out beside uuid[]
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  new_messages uuid[];
begin
  new_messages := array(select distinct w.message_id from jsonb_to_recordset(new_chunks) as w (message_id uuid));
  with contexts as materialized (
    select x.* from app_private.message_contexts(conversation, new_messages, declared::text) as x
  ),
  inserted as (
    insert into app_public.chunks (
      workspace_id, source_type, conversation_id, message_id, owner_id, visibility, chunk_index, content, heading, start_offset, end_offset,
      token_count, lead_in, context_near, context_far, content_hash, text_search_language, is_language_recognized
    )
    select
      conversation.workspace_id, 'message', conversation.id, w.message_id, conversation.owner_id, conversation.visibility, w.chunk_index, w.content,
      w.heading, w.start_offset, w.end_offset, w.token_count, beginning.lead_in,
      concat_ws(E'\n', x.near, case when w.is_last then x.next_near end),
      concat_ws(E'\n', x.far, case when w.is_last then x.next_far end),
      app_hidden.text_hash(concat_ws(E'\n', beginning.lead_in, w.heading, w.content)),
      coalesce(app_private.recognized_language(declared, w.language), declared),
      app_private.recognized_language(declared, w.language) is not null
    from (
      select r.*, r.chunk_index = max(r.chunk_index) over (partition by r.message_id) as is_last
      from jsonb_to_recordset(new_chunks) as r (
        message_id uuid, chunk_index integer, content text, heading text, start_offset integer, end_offset integer, token_count integer,
        language text
      )
    ) as w
    join app_public.messages m
      on m.id = w.message_id and m.conversation_id = conversation.id
      and m.sequence_number > conversation.indexed_sequence_number and m.sequence_number <= through_sequence_number
    join contexts x on x.message_id = w.message_id
    cross join lateral (select case when w.chunk_index = 0 then x.lead_in end as lead_in) as beginning
    -- behind one that is tried again after it was given up, they have theirs
    where not exists (select from app_public.chunks c where c.workspace_id = conversation.workspace_id and c.message_id = w.message_id)
    -- their ids tell which is newer
    order by m.sequence_number, w.chunk_index
    returning id
  )
  select
    (select count(*) from inserted),
    array(select distinct n.id from contexts x cross join lateral unnest(x.neighbour_ids) as n (id) where n.id <> all (new_messages))
  into added, beside;
end
$$;
comment on function app_private.insert_message_chunks(app_public.conversations, app_public.text_search_language, integer, jsonb) is
  'Adds the passages of messages of a locked conversation that have none; how many, and the messages beside them.';
-- Deliberately not granted: app_hidden.add_message_chunks calls it.
