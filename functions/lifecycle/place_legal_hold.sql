-- A legal hold comes before every policy of retention, and before everybody who would delete or change what it keeps. A hold and a deletion
-- never pass each other: lock_holds.
create or replace function app_public.place_legal_hold(
  reason text, kind app_public.retention_kind default null, conversation_id uuid default null, document_id uuid default null, user_id uuid default null
)
returns app_public.legal_holds
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  result app_public.legal_holds;
begin
  perform app_private.require_manager();
  if coalesce(char_length(trim(place_legal_hold.reason)), 0) not between 1 and 2000 then
    raise exception 'A hold has a reason of 1 to 2,000 characters.' using errcode = 'CQ200', column = 'reason', hint = 'Say why.';
  end if;
  if num_nonnulls(place_legal_hold.conversation_id, place_legal_hold.document_id, place_legal_hold.user_id) > 1
    or place_legal_hold.kind is not null and num_nonnulls(place_legal_hold.conversation_id, place_legal_hold.document_id) > 0 then
    raise exception 'A hold is on the workspace or a person, of one kind or all, or on one conversation, or on one document.'
      using errcode = 'CQ200', hint = 'Place several holds.';
  end if;
  if place_legal_hold.kind in ('hot_conversations', 'warm_conversations') then
    raise exception 'Nothing is deleted by the kind %, so nothing can be held.', place_legal_hold.kind using errcode = 'CQ200', column = 'kind', hint = 'Hold conversations.';
  end if;
  result.workspace_id := app_hidden.current_workspace_id();
  result.conversation_id := place_legal_hold.conversation_id;
  result.document_id := place_legal_hold.document_id;
  result.user_id := place_legal_hold.user_id;
  result.scope := (case
    when result.conversation_id is not null then 'conversation' when result.document_id is not null then 'document'
    when result.user_id is not null then 'person' else 'workspace'
  end)::app_public.hold_scope;
  perform app_private.require_hold_target(result);
  perform app_private.lock_holds(result.workspace_id, for_placing => true);
  insert into app_public.legal_holds (workspace_id, kind, reason, placed_by, scope, conversation_id, document_id, user_id)
  values (
    result.workspace_id, place_legal_hold.kind, trim(place_legal_hold.reason), app_hidden.current_user_id(), result.scope, result.conversation_id,
    result.document_id, result.user_id
  )
  returning * into result;
  return result;
end
$$;
comment on function app_public.place_legal_hold(text, app_public.retention_kind, uuid, uuid, uuid) is
  'Keeps things of a kind, or everything, in this workspace from being deleted or changed, by anybody and by retention, until releaseLegalHold; adding goes on. With userId, what that person has; with conversationId or documentId, that one, with everything in it, readable to you or not. Errors: CQ101 not signed in, CQ109 read-only, CQ114 not an owner or administrator of the workspace, CQ200 no reason, or a scope that cannot be, CQ204 nothing such in the workspace.';
grant execute on function app_public.place_legal_hold(text, app_public.retention_kind, uuid, uuid, uuid) to colloquy_user, colloquy_admin;
