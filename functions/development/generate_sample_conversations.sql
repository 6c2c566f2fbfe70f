-- The conversations of generate_sample_data, in two statements, however many: sizes by Zipf's law, beginnings over the years, questions and
-- answers in turn. The triggers count and enqueue, as for whatever is written. Deliberately granted to nobody.
create or replace function app_private.generate_sample_conversations(
  person uuid, workspace uuid, conversations integer, messages integer, years numeric
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  topics constant text[] := array['tea', 'lighthouses', 'bicycles'];
  sizes integer[];
  ids uuid[];
begin
  -- each has one message at least, and the first takes what rounding leaves
  select array_agg(1 + floor((messages - conversations) / n / w.whole)::integer order by n) into sizes
  from generate_series(1, conversations) as n, (select sum(1.0 / m) as whole from generate_series(1, conversations) as m) as w;
  sizes[1] := sizes[1] + messages - (select sum(s.size) from unnest(sizes) as s (size));
  select
    array_agg(app_hidden.uuidv7_at(now() - interval '1 hour' - make_interval(secs => s.size)
      - make_interval(days => round(365.25 * years * (s.n - 1) / conversations)::integer)) order by s.n)
  into ids
  from unnest(sizes) with ordinality as s (size, n);

  insert into app_public.conversations (id, workspace_id, owner_id, title, max_messages, metadata)
  select c.id, workspace, person, 'A talk about ' || topics[1 + c.n % 3], greatest(1000, c.size), '{"sample": true}'
  from unnest(ids, sizes) with ordinality as c (id, size, n);

  insert into app_public.messages (id, conversation_id, workspace_id, owner_id, author_id, sequence_number, role, content)
  select
    app_hidden.uuidv7_at(uuid_extract_timestamp(c.id) + make_interval(secs => k)), c.id, workspace, person, case when k % 2 = 1 then person end, k,
    case when k % 2 = 1 then 'user' else 'assistant' end::app_public.message_role,
    format(
      case when k % 2 = 1 then 'What should I know about %s? (%s)' else 'Begin with the document "About %s". (%s)' end, topics[1 + c.n % 3], k
    )
  from unnest(ids, sizes) with ordinality as c (id, size, n)
  cross join lateral generate_series(1, c.size) as k
  order by c.n, k;
end
$$;
comment on function app_private.generate_sample_conversations(uuid, uuid, integer, integer, numeric) is
  'Writes so many conversations of a person with so many messages in all, begun over so many years.';
