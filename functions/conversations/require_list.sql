-- What can be saved as a list: not too many, each with an id of its own and a role, and a text or parts.
create or replace function app_private.require_list(messages app_public.message_to_save[])
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  wrong record;
begin
  if coalesce(cardinality(messages), 0) not between 1 and 1000 then
    raise exception 'messages are 1 to 1,000, not %.', coalesce(cardinality(messages), 0) using errcode = 'CQ200', hint = 'Save the newest part of a longer list with postMessage.';
  end if;
  select l.place, l.reason into wrong
  from (
    select m.place, case
        when coalesce(char_length(m.client_id), 0) not between 1 and 190 then 'clientId has 1 to 190 characters'
        when m.role is null then 'role is missing'
        when num_nonnulls(m.content, m.parts) = 0 then 'content or parts are needed'
        when jsonb_typeof(m.parts) <> 'array' then 'parts are an array'
        when count(*) over (partition by m.client_id) > 1 then 'clientId is that of another one'
      end as reason
    from unnest(messages) with ordinality as m (
      client_id, role, content, parts, attachments, metadata, provider, model, prompt_tokens, completion_tokens, cost_usd, place
    )
  ) as l
  where l.reason is not null
  order by l.place
  limit 1;
  if wrong.reason is not null then
    raise exception 'messages[%]: %.', wrong.place - 1, wrong.reason using errcode = 'CQ200', hint = 'Nothing was saved.';
  end if;
end
$$;
comment on function app_private.require_list(app_public.message_to_save[]) is 'Raises CQ200 for a list of messages that cannot be saved, with the place of the first one that is wrong.';
-- Deliberately not granted: app_public.save_messages calls it.
