-- Sample content for a development database; it refuses anywhere else. For the owner alone; granted to nobody. For trying things with one
-- account; what has the size of an installation is loaded by npm run sample-data.
create or replace function app_private.generate_sample_data(
  email text, conversation_count integer default 3, message_count integer default 6, document_count integer default 3,
  memory_count integer default 3, years numeric default 0
)
returns table (documents integer, conversations integer, messages integer, memory_items integer)
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  topics constant text[] := array['tea', 'lighthouses', 'bicycles'];
  sample constant jsonb := '{"sample": true}';
  person uuid;
  workspace uuid;
  repository uuid;
  document uuid;
begin
  perform app_private.require_development();
  if num_nulls(conversation_count, message_count, document_count, memory_count, years) > 0 or message_count < conversation_count
    or least(conversation_count, document_count, memory_count) < 0 or greatest(message_count, document_count, memory_count) > 100000
    or years not between 0 and 50
  then
    raise exception 'Counts are 0 to 100,000, messages no fewer than conversations, years 0 to 50.'
      using errcode = 'CQ200', hint = 'For more there is npm run sample-data.';
  end if;
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
  for n in 1..document_count loop
    document := (app_public.create_document(
      title => concat_ws(' ', 'About', topics[1 + n % 3], nullif((n - 1) / 3, 0)),
      content => format('Everything that a beginner should know about %s, in one sentence.', topics[1 + n % 3]),
      source_url => concat_ws('-', 'sample:' || topics[1 + n % 3], nullif((n - 1) / 3, 0)), metadata => sample
    )).id;
    perform app_public.add_document_to_repository(repository, document, n || '.txt');
    perform app_public.add_tag('sample', 'document', document);
  end loop;
  perform app_public.remember(concat_ws(' ', 'Likes', topics[1 + n % 3], nullif((n - 1) / 3, 0)), metadata => sample) from generate_series(1, memory_count) as n;
  perform set_config('colloquy.user_id', '', true), set_config('colloquy.workspace_id', '', true), set_config('colloquy.member_role', '', true);
  if conversation_count > 0 then
    perform app_private.generate_sample_conversations(person, workspace, conversation_count, message_count, years);
  end if;
  return query select document_count, conversation_count, case when conversation_count > 0 then message_count else 0 end, memory_count;
end
$$;
comment on function app_private.generate_sample_data(text, integer, integer, integer, integer, numeric) is
  'Gives a user so much content, begun over so many years, to try things with; a development database only. Errors: CQ200 counts, CQ204 no such user, CQ243 not a development database.';
