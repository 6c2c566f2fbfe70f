-- Has the messages of a conversation indexed that are not, or that are found with other neighbours now. One job waits for each conversation.
create or replace function app_private.index_conversation(workspace uuid, conversation uuid)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_hidden.enqueue(
    'index-source',
    jsonb_build_object('workspaceId', workspace, 'sourceType', 'message', 'sourceId', conversation),
    'message:' || conversation,
    workspace::text
  );
end
$$;
comment on function app_private.index_conversation(uuid, uuid) is 'Puts the indexing of a conversation into the queue.';
-- Deliberately not granted: functions and triggers that change what is indexed call it.
