-- What stands around a message, so that it is found with it: "Yes, last week!" answers a question that is in the message before.
-- Its words count less than its own (weights C and D), with who spoke and when among the nearer ones; and its vector is made
-- with the end of the message before it. Neighbours are those on the same branch, never a branch that was left, and never
-- another conversation.
--
-- A vector is made with what came before alone: that never changes, so a vector that was paid for is never made again when
-- a message follows, or another branch is chosen. It finds as much as one made with what follows too (measured:
-- docs/decisions/message-context.md). What follows counts by its words, which cost nothing but a row.

create or replace function app_private.speaks(role app_public.message_role, content text)
returns boolean
language sql
immutable
parallel safe
as $$
  select speaks.role in ('user', 'assistant') and speaks.content ~ '\S';
$$;
comment on function app_private.speaks(app_public.message_role, text) is 'Whether a message is one of a person or a model, with a text.';

create or replace function app_private.account_name(account app_public.users)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(account.display_name, nullif(concat_ws(' ', account.first_name, account.last_name), ''), account.username::text);
$$;
comment on function app_private.account_name(app_public.users) is 'What a person is called by others; null when they have given no name.';

-- The nearest message before and after, and the ones beyond them, of which a person or a model speaks. A message of a branch that is not chosen
-- is followed by its newest child, as choose_branch would.
create or replace function app_private.message_neighbours(conversation app_public.conversations, message_ids uuid[])
returns table (message_id uuid, before_1 uuid, before_2 uuid, after_1 uuid, after_2 uuid)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  -- messages of tools and systems that are stepped over, at most
  most_steps constant integer := 20;
  chosen uuid[];
  step record;
  children uuid[];
  found_ids uuid[];
begin
  foreach message_id in array message_ids loop
    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
    for i in 1 .. most_steps loop
      exit when step.id is null or cardinality(found_ids) = 2;
      if step.parent_id is not null then
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id = step.parent_id;
      elsif step.replaces_id is not null then
        -- another first message
        exit;
      else
        -- from before there were branches: the message before it
        select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
        from app_public.messages m
        where m.conversation_id = conversation.id and m.id >= conversation.id and m.id < step.id
          and m.parent_id is null and m.replaces_id is null
        order by m.id desc
        limit 1;
      end if;
      if step.speaks then
        found_ids := found_ids || step.id;
      end if;
    end loop;
    before_1 := found_ids[1];
    before_2 := found_ids[2];

    found_ids := '{}';
    select m.id, m.parent_id, m.replaces_id, false as speaks into step
    from app_public.messages m
    where m.conversation_id = conversation.id and m.id = message_neighbours.message_id;
    for i in 1 .. most_steps loop
      exit when step.id is null or cardinality(found_ids) = 2;
      children := array(
        select c.id
        from (
          (
            select m.id from app_public.messages m
            where m.conversation_id = conversation.id and m.parent_id = step.id
            order by m.id desc
            limit 100
          )
          union all
          (
            select m.id from app_public.messages m
            where step.parent_id is null and step.replaces_id is null
              and m.conversation_id = conversation.id and m.id > step.id and m.id <= conversation.last_message_id
              and m.parent_id is null and m.replaces_id is null
            order by m.id
            limit 1
          )
        ) as c
        order by c.id desc
      );
      exit when cardinality(children) = 0;
      if cardinality(children) > 1 and conversation.preferred_leaf_id is not null then
        chosen := coalesce(chosen, array(select p.id from app_private.message_path(conversation.id, conversation.preferred_leaf_id) as p));
        children := coalesce((select array_agg(c.id) from unnest(children) as c (id) where c.id = any (chosen)), children);
      end if;
      select m.id, m.parent_id, m.replaces_id, app_private.speaks(m.role, m.content) as speaks into step
      from app_public.messages m
      where m.conversation_id = conversation.id and m.id = children[1];
      if step.speaks then
        found_ids := found_ids || step.id;
      end if;
    end loop;
    after_1 := found_ids[1];
    after_2 := found_ids[2];
    return next;
  end loop;
end
$$;
comment on function app_private.message_neighbours(app_public.conversations, uuid[]) is
  'Of each message of a conversation that is not packed: the two before it and the two after it on its branch in which a person or a model speaks.';

create or replace function app_private.beginning_of(content text, characters integer)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when char_length(content) > characters then regexp_replace(left(content, characters), '\s\S{0,30}$', '') else content end;
$$;
comment on function app_private.beginning_of(text, integer) is 'At most so many characters from the beginning of a text, ending with a whole word where there are words.';

create or replace function app_private.end_of(content text, characters integer)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case when char_length(content) > characters then regexp_replace(right(content, characters), '^\S{0,30}\s', '') else content end;
$$;
comment on function app_private.end_of(text, integer) is 'At most so many characters from the end of a text, beginning with a whole word where there are words.';

-- As an import named them: a name that came with the message and stays with it, unlike that of an account.
create or replace function app_private.named_speaker(metadata jsonb)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select left(n.name, 100)
  from unnest(array['speaker', 'author_name', 'user_name', 'author', 'name']) with ordinality as k (key, place)
  cross join lateral (select trim(metadata ->> k.key) as name) as n
  where jsonb_typeof(metadata -> k.key) = 'string' and n.name <> ''
  order by k.place
  limit 1;
$$;
comment on function app_private.named_speaker(jsonb) is 'Who spoke, as the metadata of an imported message name it; null when they do not.';

-- next: what follows, which stands with the last passage of a message alone, so that a new message touches no more than that
create or replace function app_private.message_contexts(conversation app_public.conversations, message_ids uuid[], language text)
returns table (message_id uuid, neighbour_ids uuid[], lead_in text, near text, next_near text, far text, next_far text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select
    m.id,
    array_remove(array[n.before_1, n.before_2, n.after_1, n.after_2], null),
    nullif(concat_ws(E'\n', app_private.end_of(before_1.content, 160), app_private.named_speaker(m.metadata) || ':'), ''),
    concat_ws(
      E'\n',
      concat_ws(' ', coalesce(app_private.named_speaker(m.metadata), left(account.name, 255)), m.role),
      app_private.date_words(uuid_extract_timestamp(m.id), language),
      app_private.end_of(before_1.content, 400)
    ),
    app_private.beginning_of(after_1.content, 400),
    app_private.end_of(before_2.content, 300),
    app_private.beginning_of(after_2.content, 300)
  from app_private.message_neighbours(conversation, message_ids) as n
  join app_public.messages m on m.conversation_id = conversation.id and m.id = n.message_id
  left join app_public.messages before_1 on before_1.conversation_id = conversation.id and before_1.id = n.before_1
  left join app_public.messages before_2 on before_2.conversation_id = conversation.id and before_2.id = n.before_2
  left join app_public.messages after_1 on after_1.conversation_id = conversation.id and after_1.id = n.after_1
  left join app_public.messages after_2 on after_2.conversation_id = conversation.id and after_2.id = n.after_2
  left join lateral (
    select app_private.account_name(u) as name from app_public.users u where u.id = m.author_id
  ) as account on true;
$$;
comment on function app_private.message_contexts(app_public.conversations, uuid[], text) is
  'What stands around messages of a conversation that is not packed: before (near, far) and after them (next_near, next_far), and what their vectors are made with (lead_in).';

-- Writes only what is other than before: of an append the two messages before it, of an edit the same.
create or replace function app_private.refresh_message_contexts(conversation app_public.conversations, message_ids uuid[])
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  refreshed integer;
begin
  with wanted as materialized (
    select
      c.id,
      concat_ws(E'\n', x.near, case when c.is_last then x.next_near end) as near,
      concat_ws(E'\n', x.far, case when c.is_last then x.next_far end) as far
    from app_private.message_contexts(
      conversation, message_ids, (select app_private.workspace_language(conversation.workspace_id))::text
    ) as x
    cross join lateral (
      select k.id, k.chunk_index = max(k.chunk_index) over () as is_last
      from app_public.chunks k
      where k.workspace_id = conversation.workspace_id and k.message_id = x.message_id
      offset 0
    ) as c
  )
  update app_public.chunks c
  set context_near = w.near, context_far = w.far
  from wanted w
  where c.workspace_id = conversation.workspace_id and c.id = w.id
    -- what has none yet is given it with all that belongs to it
    and c.context_near is not null
    and (c.context_near, c.context_far) is distinct from (w.near, w.far);
  get diagnostics refreshed = row_count;
  return refreshed;
end
$$;
comment on function app_private.refresh_message_contexts(app_public.conversations, uuid[]) is
  'Writes the contexts of messages of a locked conversation anew where they are other than before. Returns how many chunks were written.';

-- The places of a path where another child than the newest was chosen: all that the choice of a branch decides.
create or replace function app_private.chosen_turns(for_conversation uuid, leaf_id uuid)
returns table (parent_id uuid, child_id uuid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with path as materialized (
    select m.id, m.parent_id, m.replaces_id, lag(m.id) over (order by m.sequence_number) as previous_id
    from app_private.message_path(for_conversation, leaf_id) as p
    join app_public.messages m on m.conversation_id = for_conversation and m.id = p.id
  )
  select coalesce(p.parent_id, p.previous_id), p.id
  from path p
  where exists (
    select from app_public.messages newer
    where newer.conversation_id = for_conversation and newer.parent_id = coalesce(p.parent_id, p.previous_id) and newer.id > p.id
  ) or (
    p.parent_id is not null and exists (
      select
      from path r
      join app_public.messages newer on newer.conversation_id = for_conversation and newer.id > p.id
        and newer.parent_id is null and newer.replaces_id is null
      where r.id = p.parent_id and r.parent_id is null and r.replaces_id is null
    )
  );
$$;
comment on function app_private.chosen_turns(uuid, uuid) is 'The messages on the way to a leaf after which another one than the newest child follows, with the one that does.';

create or replace function app_private.refresh_branch(conversation app_public.conversations)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  turned uuid[];
  above uuid[];
  refreshed integer := 0;
begin
  if conversation.indexed_leaf_id is not distinct from conversation.preferred_leaf_id or conversation.storage_tier <> 'hot' then
    return 0;
  end if;
  -- most often it was only continued
  if exists (
    with recursive way as (
      select m.id, m.parent_id, 1 as steps from app_public.messages m
      where m.conversation_id = conversation.id and m.id = conversation.preferred_leaf_id
      union all
      select m.id, m.parent_id, w.steps + 1 from way w
      join app_public.messages m on m.conversation_id = conversation.id and m.id = w.parent_id
      where w.steps < 50
    )
    select from way w where w.id = conversation.indexed_leaf_id
  ) then
    turned := '{}';
  else
    turned := array(
      select coalesce(o.parent_id, n.parent_id)
      from app_private.chosen_turns(conversation.id, conversation.indexed_leaf_id) as o
      full join app_private.chosen_turns(conversation.id, conversation.preferred_leaf_id) as n
        on n.parent_id = o.parent_id and n.child_id = o.child_id
      where o.child_id is null or n.child_id is null
    );
  end if;
  if cardinality(turned) > 0 then
    above := array(
      select unnest(array[n.before_1, n.before_2]) from app_private.message_neighbours(conversation, turned) as n
    );
    refreshed := app_private.refresh_message_contexts(conversation, array(
      select distinct x.id from unnest(turned || above) as x (id) where x.id is not null
    ));
  end if;
  update app_public.conversations c set indexed_leaf_id = conversation.preferred_leaf_id where c.id = conversation.id;
  return refreshed;
end
$$;
comment on function app_private.refresh_branch(app_public.conversations) is
  'Follows the branch that was chosen since the contexts of a locked conversation were made. Returns how many chunks were written.';

create or replace function app_hidden.follow_branch(for_workspace uuid, for_conversation uuid)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  conversation app_public.conversations;
begin
  select c.* into conversation
  from app_public.conversations c
  where c.workspace_id = for_workspace and c.id = for_conversation
    and c.indexed_leaf_id is distinct from c.preferred_leaf_id
    -- messages that are not indexed yet are followed with them
    and c.indexed_sequence_number = c.last_sequence_number
  for no key update;
  return coalesce(app_private.refresh_branch(conversation), 0);
end
$$;
comment on function app_hidden.follow_branch(uuid, uuid) is
  'Gives the messages of a conversation the context of the branch that was chosen meanwhile. Returns how many chunks were written; again changes nothing.';
grant execute on function app_hidden.follow_branch(uuid, uuid) to colloquy_worker;
