-- Sample content for a development database; it refuses anywhere else. For the owner alone; granted to nobody.
create or replace function app_private.generate_sample_data(email text)
returns table (documents integer, conversations integer, memory_items integer)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  person uuid;
  workspace uuid;
  repository uuid;
  conversation uuid;
  document uuid;
  sample constant jsonb := '{"sample": true}';
  topic text;
begin
  perform app_private.require_development();
  select u.id, w.id into person, workspace
  from app_public.users u
  join app_public.workspace_members m on m.user_id = u.id
  join app_public.workspaces w on w.id = m.workspace_id and w.is_personal
  where u.email = generate_sample_data.email::citext;
  if person is null then
    raise exception 'There is no such user.' using errcode = 'CQ204', hint = 'Register one first.';
  end if;
  perform set_config('colloquy.user_id', person::text, true), set_config('colloquy.workspace_id', workspace::text, true),
    set_config('colloquy.member_role', 'owner', true);
  select r.id into repository
  from app_public.repositories r where r.workspace_id = workspace and r.owner_id = person and r.name = 'sample';
  if repository is null then
    repository := (app_public.create_repository('sample', 'upload', 'Sample content', metadata => sample)).id;
  end if;
  documents := 0;
  conversations := 0;
  memory_items := 0;
  foreach topic in array array['tea', 'lighthouses', 'bicycles']
  loop
    document := (app_public.create_document(
      title => 'About ' || topic, content => format('Everything that a beginner should know about %s, in one sentence.', topic),
      source_url => 'sample:' || topic, metadata => sample
    )).id;
    documents := documents + 1;
    perform app_public.add_document_to_repository(repository, document, topic || '.txt');
    perform app_public.add_tag('sample', 'document', document);
    conversation := (app_public.start_conversation('A talk about ' || topic, metadata => sample)).id;
    conversations := conversations + 1;
    perform app_public.post_message(conversation, format('What should I know about %s?', topic));
    perform app_public.post_message(conversation, format('Begin with the document "About %s".', topic), 'assistant');
    perform app_public.remember('Likes ' || topic, source_type => 'chat', source_id => conversation, metadata => sample);
    memory_items := memory_items + 1;
  end loop;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true), set_config('colloquy.member_role', '', true);
  return next;
end
$$;
comment on function app_private.generate_sample_data(text) is 'Gives a user some content to try things with; a development database only. Errors: CQ204 no such user, CQ243 not a development database.';
