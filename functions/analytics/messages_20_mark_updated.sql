-- After each statement: the days of messages whose figures changed have to be computed anew. How notes work: mark_days.
create or replace function app_private.mark_updated_messages()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.mark_days((
    select array_agg(distinct row(n.workspace_id, n.conversation_id, app_hidden.uuidv7_day(n.id), now())::app_hidden.analytics_changes)
    from new_messages n
    join old_messages o on o.id = n.id
    where (
        o.role, o.status, o.replaces_id, o.author_id, o.relevance_score, o.processing_time_ms,
        o.prompt_tokens, o.completion_tokens, o.total_tokens, o.cost_usd
      ) is distinct from (
        n.role, n.status, n.replaces_id, n.author_id, n.relevance_score, n.processing_time_ms,
        n.prompt_tokens, n.completion_tokens, n.total_tokens, n.cost_usd
      )
  ));
  return null;
end
$$;
comment on function app_private.mark_updated_messages() is 'Trigger: notes the days of messages whose figures changed.';

create or replace trigger messages_20_mark_updated
after update on app_public.messages referencing old table as old_messages new table as new_messages
for each statement execute function app_private.mark_updated_messages();
