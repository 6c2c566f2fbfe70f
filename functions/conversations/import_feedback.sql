-- The feedback that whoever imports gave in the other system. What they think of a message here counts more: where there is
-- feedback, it stays.
-- feedback of a message: {type, rating, comment, givenAt}; type is positive, neutral or negative.
create or replace function app_private.import_feedback(conversation app_public.conversations, messages app_private.imported_message[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  added integer;
begin
  insert into app_public.message_feedback (id, workspace_id, conversation_id, message_id, user_id, feedback_type, rating, comment, updated_at)
  select
    app_hidden.uuidv7_at(given.at, concat_ws('|', m.id, 'feedback', conversation.owner_id)), conversation.workspace_id, conversation.id, m.id,
    conversation.owner_id, (m.feedback ->> 'type')::app_public.feedback_type, (m.feedback ->> 'rating')::smallint, m.feedback ->> 'comment', given.at
  from unnest(messages) as m
  -- nobody judged a message before it was there, or tomorrow
  cross join lateral (
    select least(greatest((m.feedback ->> 'givenAt')::timestamptz, uuid_extract_timestamp(m.id)), clock_timestamp()) as at
  ) as given
  where m.feedback is not null
  on conflict on constraint message_feedback_message_id_user_id_key do nothing;
  get diagnostics added = row_count;
  return added;
end
$$;
comment on function app_private.import_feedback(app_public.conversations, app_private.imported_message[]) is
  'Writes the importer''s feedback on the messages of an imported conversation. Returns how many are new.';
