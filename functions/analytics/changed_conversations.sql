-- What the analytics job has to compute follows from the notes of changes; this reads them.
create or replace function app_private.changed_conversations(since date, noted_until timestamptz)
returns setof uuid
language sql
stable
rows 1000
as $$
  select p.conversation_id
  from app_hidden.analytics_changes p
  where (since is null or p.day >= since) and p.noted_at <= noted_until;
$$;
comment on function app_private.changed_conversations(date, timestamptz) is 'The conversations with days to compute, those since a day and noted until a time; one may come more than once.';
