-- The passages that lack their vector of the active version, in the order in which they get it: first what searches by words have
-- returned, then what somebody wrote here before what was imported, then the newest. The list only says what to look at next. The
-- truth is in the data: whoever takes from it looks whether the vector is missing, and the sweep puts in what is missing
-- (find_unembedded_workspaces). A worker that takes passages has them for some seconds and says that it lives; when it is
-- killed they are free again, and its end is counted, so that a passage that ends its worker is taken ever later, and given up.

-- One job per workspace waits to do it, in the transaction that makes the passages.
create or replace function app_private.want_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'TRUNCATE' then
    delete from app_hidden.embedding_backlog;
    return null;
  end if;
  if tg_op = 'DELETE' then
    delete from app_hidden.embedding_backlog b using changed_chunks o where b.workspace_id = o.workspace_id and b.chunk_id = o.id;
    return null;
  end if;
  insert into app_hidden.embedding_backlog (workspace_id, chunk_id, priority)
  select n.workspace_id, n.id, case n.source_type
      when 'document' then (select (d.source_url is null)::integer from app_public.documents d where d.id = n.document_id)
      when 'message' then (select (c.external_id is null)::integer from app_public.conversations c where c.id = n.conversation_id)
      when 'memory' then 1
      else 0
    end
  from changed_chunks n
  on conflict do nothing;
  perform app_hidden.enqueue('embed-chunks', jsonb_build_object('workspaceId', w.id), w.id::text, w.id::text)
  from (select distinct n.workspace_id from changed_chunks n) as w (id);
  return null;
end
$$;
comment on function app_private.want_vectors() is 'Trigger: new chunks want a vector, and a job that makes it; those that go want none.';

create or replace trigger chunks_20_want_vectors_insert after insert on app_public.chunks
referencing new table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_delete after delete on app_public.chunks
referencing old table as changed_chunks for each statement execute function app_private.want_vectors();
create or replace trigger chunks_20_want_vectors_truncate after truncate on app_public.chunks
for each statement execute function app_private.want_vectors();

create or replace function app_private.have_vectors()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.embedding_backlog b
  using changed_embeddings n
  where b.workspace_id = n.workspace_id and b.chunk_id = n.chunk_id
    and n.version_id = (select v.id from app_public.embedding_versions v where v.status = 'active');
  return null;
end
$$;
comment on function app_private.have_vectors() is 'Trigger: a chunk that has its vector of the active version wants none.';

create or replace trigger embeddings_30_have_vectors after insert on app_public.embeddings
referencing new table as changed_embeddings for each statement execute function app_private.have_vectors();

-- By row, since only few updates of chunks count reads. It waits for nobody.
create or replace function app_private.ask_for_vector()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update app_hidden.embedding_backlog b
  set asked = b.asked + new.access_count - old.access_count
  where (b.workspace_id, b.chunk_id) in (
    select k.workspace_id, k.chunk_id
    from app_hidden.embedding_backlog k
    where k.workspace_id = new.workspace_id and k.chunk_id = new.id
    for no key update skip locked
  );
  return null;
end
$$;
comment on function app_private.ask_for_vector() is 'Trigger: what searches returned by its words gets its vector first.';

create or replace trigger chunks_20_ask_for_vector after update of access_count on app_public.chunks
for each row when (new.access_count > old.access_count) execute function app_private.ask_for_vector();

create or replace function app_hidden.take_chunks(for_version uuid, for_workspace uuid, max_chunks integer)
returns table (chunk_id uuid, content_hash bytea, embed_text text, seconds double precision)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
-- by its index the list comes in order: the batch is read and not the list, however long it is
set enable_sort = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  lease double precision := least(15, app_hidden.setting('embedding_claim_seconds')::double precision);
  dead uuid[];
  claimed uuid[];
  refused uuid[];
begin
  if exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = for_version and p.paused_until > clock_timestamp()
  ) then
    return;
  end if;
  -- their worker has ended: it counts, unless its claim tells the same
  with gone as (
    update app_hidden.embedding_backlog b
    set taken_until = null
    where (b.workspace_id, b.chunk_id) in (
      select k.workspace_id, k.chunk_id
      from app_hidden.embedding_backlog k
      where k.workspace_id = for_workspace and k.taken_until <= clock_timestamp()
      for no key update skip locked
    )
    returning b.chunk_id
  )
  select coalesce(array_agg(g.chunk_id), '{}') into dead from gone g;
  if dead <> '{}' then
    perform app_hidden.count_embedding_failures(
      for_version, for_workspace, array_agg(d.id), array_agg('interrupted'::text), array_agg('The worker ended before it had an answer.'::text)
    )
    from unnest(dead) as d (id)
    where not exists (
      select from app_hidden.embedding_claims k
      where k.workspace_id = for_workspace and k.version_id = for_version and d.id = any (k.chunk_ids)
    )
    having count(*) > 0;
  end if;
  claimed := array(
    select unnest(k.chunk_ids)
    from app_hidden.embedding_claims k
    where k.workspace_id = for_workspace and k.version_id = for_version and k.abandoned_at is null and k.expires_at > clock_timestamp()
  );
  refused := array(
    select r.user_id
    from app_hidden.embedding_refusals r
    where r.version_id = for_version and r.workspace_id = for_workspace and r.retry_at > clock_timestamp()
  );
  return query
  with next as materialized (
    select b.chunk_id, b.asked, b.priority, c.content_hash, c.lead_in, c.heading, c.content
    from app_hidden.embedding_backlog b
    cross join lateral (
      select k.* from app_public.chunks k where k.workspace_id = for_workspace and k.id = b.chunk_id offset 0
    ) as c
    where b.workspace_id = for_workspace and b.taken_until is null
      and b.chunk_id <> all (claimed) and c.owner_id <> all (refused)
      and not exists (
        select from app_hidden.embedding_failures f
        where f.version_id = for_version and f.workspace_id = for_workspace and f.chunk_id = b.chunk_id
          and (f.is_dead or f.next_attempt_at > clock_timestamp())
        offset 0
      )
      and not exists (
        select from app_public.embeddings e
        where e.version_id = for_version and e.workspace_id = for_workspace and e.chunk_id = b.chunk_id
        offset 0
      )
    order by b.asked desc, b.priority desc, b.chunk_id desc
    limit max_chunks
    for no key update of b skip locked
  ),
  taken as (
    update app_hidden.embedding_backlog b
    set taken_until = clock_timestamp() + make_interval(secs => lease)
    from next n
    where b.workspace_id = for_workspace and b.chunk_id = n.chunk_id
    returning b.chunk_id
  )
  select n.chunk_id, n.content_hash, app_hidden.embed_text(n.lead_in, n.heading, n.content), lease
  from next n
  join taken t on t.chunk_id = n.chunk_id
  order by n.asked desc, n.priority desc, n.chunk_id desc;
end
$$;
comment on function app_hidden.take_chunks(uuid, uuid, integer) is
  'The next chunks of a workspace that lack a vector of the active version and need not wait. They are the caller''s for so many seconds; keep_chunks() says that it lives.';

create or replace function app_hidden.keep_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = clock_timestamp() + make_interval(secs => least(15, app_hidden.setting('embedding_claim_seconds')::double precision))
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.keep_chunks(uuid, uuid[]) is 'Says that the worker that took chunks lives.';

create or replace function app_hidden.leave_chunks(for_workspace uuid, chunk_ids uuid[])
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update app_hidden.embedding_backlog b
  set taken_until = null
  where b.workspace_id = for_workspace and b.chunk_id = any (chunk_ids) and b.taken_until is not null;
$$;
comment on function app_hidden.leave_chunks(uuid, uuid[]) is 'Gives back the chunks that got no vector.';

create or replace function app_hidden.backlog_due_in(for_version uuid, for_workspace uuid)
returns double precision
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select extract(epoch from min(due.at) - clock_timestamp())::double precision
  from (
    select b.taken_until as at
    from app_hidden.embedding_backlog b
    where b.workspace_id = for_workspace and b.taken_until is not null
    union all
    select f.next_attempt_at
    from app_hidden.embedding_failures f
    where f.version_id = for_version and f.workspace_id = for_workspace and not f.is_dead
  ) as due;
$$;
comment on function app_hidden.backlog_due_in(uuid, uuid) is
  'In how many seconds the first chunk is due that somebody has taken or that failed; null when there is none.';

create or replace function app_hidden.find_unembedded_workspaces(max_workspaces integer default 1000)
returns setof uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  version uuid := (select v.id from app_public.embedding_versions v where v.status = 'active');
  behind record;
begin
  delete from app_hidden.indexing_rates r where r.minute < now() - interval '1 hour';
  if version is null or exists (
    select from app_public.embedding_versions v
    join app_hidden.provider_pauses p on p.provider = v.provider
    where v.id = version and p.paused_until > statement_timestamp()
  ) then
    return;
  end if;
  -- by counts alone: where they agree nothing is read
  for behind in
    select k.workspace_id, k.missing - coalesce(f.resting, 0) as due,
      k.missing - (select count(*) from app_hidden.embedding_backlog b where b.workspace_id = k.workspace_id) as unlisted
    from (
      select c.workspace_id, sum(c.chunk_count) - coalesce(
        (select e.embedding_count from app_hidden.embedding_counts e where e.version_id = version and e.workspace_id = c.workspace_id), 0
      ) as missing
      from app_hidden.chunk_counts c
      group by c.workspace_id
    ) as k
    left join lateral (
      select count(*) as resting
      from app_hidden.embedding_failures f
      where f.version_id = version and f.workspace_id = k.workspace_id and (f.is_dead or f.next_attempt_at > statement_timestamp())
    ) as f on true
    where k.missing <> coalesce(f.resting, 0)
    limit max_workspaces
  loop
    if behind.unlisted <> 0 then
      -- another version has become active, or vectors are gone
      delete from app_hidden.embedding_backlog b
      where b.workspace_id = behind.workspace_id and (
        not exists (select from app_public.chunks c where c.workspace_id = b.workspace_id and c.id = b.chunk_id)
        or exists (
          select from app_public.embeddings e where e.version_id = version and e.workspace_id = b.workspace_id and e.chunk_id = b.chunk_id
        )
      );
      insert into app_hidden.embedding_backlog (workspace_id, chunk_id, asked)
      select c.workspace_id, c.id, c.access_count
      from app_public.chunks c
      where c.workspace_id = behind.workspace_id and not exists (
        select from app_public.embeddings e where e.version_id = version and e.workspace_id = c.workspace_id and e.chunk_id = c.id
      )
      on conflict do nothing;
    end if;
    -- what a budget or the pause of the provider holds back is looked at when that is over
    continue when not exists (
      select
      from app_hidden.embedding_backlog b
      join app_public.chunks c on c.workspace_id = b.workspace_id and c.id = b.chunk_id
      where b.workspace_id = behind.workspace_id and not app_private.embedding_waits(version, b.workspace_id, b.chunk_id, c.owner_id)
    );
    return next behind.workspace_id;
  end loop;
end
$$;
comment on function app_hidden.find_unembedded_workspaces(integer) is
  'Workspaces in which chunks lack their vector of the active version and need not wait; corrects their lists where the counts differ.';

grant execute on function
  app_hidden.take_chunks(uuid, uuid, integer),
  app_hidden.keep_chunks(uuid, uuid[]),
  app_hidden.leave_chunks(uuid, uuid[]),
  app_hidden.backlog_due_in(uuid, uuid),
  app_hidden.find_unembedded_workspaces(integer)
to colloquy_worker;
