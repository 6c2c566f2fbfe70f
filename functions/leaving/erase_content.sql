-- What belongs to the person, wherever it is, and everything of the workspaces that go whole. Conversations go with what others wrote in
-- them, as when their owner deletes them. Large ones go message by message from their end, since a message names the one before it.
create or replace function app_private.erase_content(erasure app_hidden.pending_erasures, max_rows integer)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
  source text;
  gone bigint;
begin
  if not erasure.progress ? 'tags' then
    perform app_private.erase_own_tags(erasure);
    update app_hidden.pending_erasures p set progress = '{"tags": true}' where p.id = erasure.id;
  end if;
  select c.* into conversation
  from app_public.conversations c
  where c.id = coalesce(
    (select o.id from app_public.conversations o where o.owner_id = erasure.user_id limit 1),
    (select o.id from app_public.conversations o where o.workspace_id = any (erasure.whole_workspaces) limit 1)
  )
  for update;
  if conversation.id is not null then
    return app_private.erase_conversation(conversation, max_rows);
  end if;

  -- it may come again, from whoever sends it, for somebody else
  delete from app_hidden.raw_event_keys k
  using app_public.raw_events e
  where e.owner_id = erasure.user_id and k.workspace_id = e.workspace_id and k.source = e.source
    and k.external_id = app_private.event_key(e.external_id, e.visibility, e.owner_id);

  -- passages before what they are of, in batches: a cascade would take those of a book in one statement
  foreach source in array array[
    'app_public.chunks', 'app_hidden.cited_passages', 'app_public.documents', 'app_public.files', 'app_public.memory_item_changes',
    'app_public.memory_items', 'app_public.repositories', 'app_public.raw_events', 'app_public.generated_images',
    'app_public.system_prompt_templates', 'app_hidden.agent_checkpoint_writes', 'app_hidden.agent_checkpoints'
  ] loop
    execute format(
      'delete from %1$s t where (t.workspace_id, t.id) in (
         (select s.workspace_id, s.id from %1$s s where s.owner_id = $1 limit $3)
         union all
         (select s.workspace_id, s.id from %1$s s where s.workspace_id = any ($2) limit $3)
       )',
      source
    )
    using erasure.user_id, erasure.whole_workspaces, max_rows;
    get diagnostics gone = row_count;
    if gone > 0 then
      return jsonb_build_object(split_part(source, '.', 2), gone);
    end if;
  end loop;

  delete from app_public.usage_logs u
  where u.id in (select s.id from app_public.usage_logs s where s.workspace_id = any (erasure.whole_workspaces) limit max_rows);
  get diagnostics gone = row_count;
  if gone > 0 then
    return jsonb_build_object('usage_logs', gone);
  end if;
  perform app_private.give_up_invitation_mail(w.id) from app_public.workspaces w where w.id = any (erasure.whole_workspaces);
  delete from app_public.workspaces w where w.id = any (erasure.whole_workspaces);
  get diagnostics gone = row_count;
  return case when gone > 0 then jsonb_build_object('workspaces', gone) end;
end
$$;
comment on function app_private.erase_content(app_hidden.pending_erasures, integer) is 'Removes what a person owns, and the workspaces that go whole, so many rows at a time.';
