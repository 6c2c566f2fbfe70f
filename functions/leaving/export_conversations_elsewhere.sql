-- Conversations of others in which the person wrote, packed ones by reading their documents in the workspaces that it has something in. Those
-- whose documents are in files are all named: only who reads one knows.
create or replace function app_hidden.export_conversations_elsewhere(of_person uuid)
returns setof uuid
language plpgsql
stable
security definer
rows 100
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_export(of_person);
  return query
  select distinct m.conversation_id from app_public.messages m where m.author_id = of_person and m.owner_id <> of_person
  union
  select p.conversation_id
  from app_hidden.conversation_archive_parts p
  join app_public.conversations c on c.id = p.conversation_id and c.owner_id <> of_person
  where p.workspace_id = any (app_private.workspaces_of_person(of_person))
    and (p.document is null or strpos(p.document, of_person::text) > 0);
end
$$;
comment on function app_hidden.export_conversations_elsewhere(uuid) is
  'Conversations of others in which a person wrote, or may have written. Errors: CQ101 not signed in, CQ110 not with an API key, CQ204 not the own account.';
grant execute on function app_hidden.export_conversations_elsewhere(uuid) to colloquy_user, colloquy_admin;
