-- The answers whose questions a measurement of the fusion asks: the latest of each workspace in turn, so that one gives more than its
-- share only where the others have no more. An answer that somebody thought bad is left out. Without a set clause, so that it is inlined.
create or replace function app_private.cited_answers(for_version uuid, most integer)
returns table (workspace_id uuid, message_id uuid, turn bigint)
language sql
stable
as $$
  with workspaces as materialized (
    select e.workspace_id
    from app_hidden.embedding_counts e
    join (select c.workspace_id, sum(c.chunk_count) as chunk_count from app_hidden.chunk_counts c group by c.workspace_id) as k
      on k.workspace_id = e.workspace_id
    -- where vectors are missing, what has one looks nearer than it is
    where e.version_id = for_version and e.embedding_count > 0 and e.embedding_count >= 0.95 * k.chunk_count
      and exists (select from app_public.message_chunks x where x.workspace_id = e.workspace_id)
    -- others on another day
    order by md5(e.workspace_id::text || current_date)
    limit 2 * most
  )
  select w.workspace_id, a.message_id, a.turn
  from workspaces w
  cross join lateral (
    select x.message_id, row_number() over (order by x.message_id desc) as turn
    from (
      -- ids are ordered by time: of the latest conversations
      select k.message_id from app_public.message_chunks k where k.workspace_id = w.workspace_id order by k.conversation_id desc limit 5 * most
    ) as x
    group by x.message_id
  ) as a
  where not exists (
    select from app_public.message_feedback f where f.message_id = a.message_id and (f.feedback_type = 'negative' or f.rating <= 2)
  )
  order by a.turn, a.message_id desc
  limit 3 * most;
$$;
comment on function app_private.cited_answers(uuid, integer) is 'Answers with citations, of workspaces where a version is all but complete: each workspace in turn, the latest first.';
