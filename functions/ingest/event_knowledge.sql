-- Events that say the same share their passages: alerts and greetings come by the thousand. The same is: the same words under the same
-- heading, by the same speaker, in the same thread, on the same day, for the same readers. Of an event that tells neither time nor
-- speaker the words alone count.
create or replace function app_private.event_knowledge(event app_public.raw_events, said jsonb)
returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select app_hidden.text_hash(concat_ws(
    E'\n',
    case when event.visibility = 'private' then 'private ' || event.owner_id end,
    left(said ->> 'occurredAt', 10), said ->> 'speaker', said ->> 'context',
    string_agg(concat_ws(E'\n', p.item ->> 'heading', p.item ->> 'content'), E'\n' order by p.place)
  ))
  from jsonb_array_elements(said -> 'passages') with ordinality as p (item, place)
  having count(*) > 0;
$$;
comment on function app_private.event_knowledge(app_public.raw_events, jsonb) is 'The hash of what an event says; null when it says nothing.';
-- Deliberately not granted: store_event_passages calls it.
