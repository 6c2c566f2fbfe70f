-- One conversation of fill_message_contexts. Vectors of models on this machine are made anew; one that was paid for stays as it
-- is until another version is made.
create or replace function app_private.fill_contexts_of(conversation app_public.conversations, message_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  changed uuid[];
  given integer;
begin
  with filled as (
    update app_public.chunks c
    set context_near = concat_ws(E'\n', x.near, case when k.is_last then x.next_near end),
      context_far = concat_ws(E'\n', x.far, case when k.is_last then x.next_far end),
      lead_in = case when c.chunk_index = 0 then x.lead_in end,
      content_hash = app_hidden.text_hash(concat_ws(E'\n', case when c.chunk_index = 0 then x.lead_in end, c.heading, c.content))
    from app_private.message_contexts(
      conversation, message_ids, (select app_private.workspace_language(conversation.workspace_id))::text
    ) as x
    cross join lateral (
      select s.id, s.chunk_index = max(s.chunk_index) over () as is_last
      from app_public.chunks s
      where s.workspace_id = conversation.workspace_id and s.message_id = x.message_id
      offset 0
    ) as k
    where c.workspace_id = conversation.workspace_id and c.id = k.id and c.context_near is null
    returning c.id, (old.lead_in is distinct from new.lead_in) as is_led_in
  )
  select count(*), array_agg(f.id) filter (where f.is_led_in) into given, changed from filled f;
  -- whose message is not there: they are not asked for again
  update app_public.chunks c set context_near = ''
  where c.workspace_id = conversation.workspace_id and c.message_id = any (message_ids) and c.context_near is null;

  delete from app_public.embeddings e
  using app_hidden.maintained_versions() as v
  where v.provider in ('local', 'transformers') and e.version_id = v.id and e.workspace_id = conversation.workspace_id and e.chunk_id = any (changed);
  if found then
    -- behind all that is new
    insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
    select conversation.workspace_id, x.id, 0 from unnest(changed) as x (id)
    on conflict do nothing;
    perform app_hidden.enqueue(
      'embed-chunks', jsonb_build_object('workspaceId', conversation.workspace_id), conversation.workspace_id::text,
      conversation.workspace_id::text
    );
  end if;
  return given;
end
$$;
comment on function app_private.fill_contexts_of(app_public.conversations, uuid[]) is
  'Gives messages of a locked conversation that is not packed their contexts where they have none. Returns how many chunks were written.';
