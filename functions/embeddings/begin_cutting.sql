-- Texts that cannot be cut into passages: too much for the thread that cuts them, or refused by the database. The attempt at a
-- large one, which its worker may not survive, is counted before it begins; any other when it has failed; always in a
-- statement of its own that nothing rolls back. The pauses grow, and after cutting_attempts it is given up, until it is edited
-- or somebody asks for it. What is given up must never keep back the messages behind it. Only the worker may call this.
create or replace function app_hidden.begin_cutting(
  for_workspace uuid, for_source_type app_public.source_type, for_source uuid, of_hash bytea default null,
  at_sequence_number integer default null, is_large boolean default false
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  failure app_hidden.cutting_failures;
begin
  select f.* into failure
  from app_hidden.cutting_failures f
  where f.workspace_id = for_workspace and app_private.is_failure_of(f, for_source_type, for_source, at_sequence_number)
  for no key update;
  if failure.content_hash is distinct from of_hash then
    -- edited since: it starts afresh
    failure.attempts := 0;
  elsif failure.is_dead then
    return 'dead';
  elsif failure.next_attempt_at > clock_timestamp() then
    return 'waits';
  elsif failure.attempts >= app_hidden.setting('cutting_attempts')::integer then
    update app_hidden.cutting_failures f
    set is_dead = true, code = 'CQ316', error = format('Cutting was begun %s times and never ended.', failure.attempts)
    where f.id = failure.id;
    return 'dead';
  end if;
  if is_large then
    insert into app_hidden.cutting_failures (
      workspace_id, document_id, memory_item_id, conversation_id, sequence_number, content_hash, attempts, code, error, next_attempt_at
    )
    values (
      for_workspace, case when for_source_type = 'document' then for_source end, case when for_source_type = 'memory' then for_source end,
      case when for_source_type = 'message' then for_source end, at_sequence_number, of_hash, 1, 'interrupted',
      'It is being cut, or its worker ended.',
      clock_timestamp() + make_interval(secs => app_hidden.setting('cutting_lease_seconds')::double precision)
    )
    on conflict on constraint cutting_failures_source_key do update
    set content_hash = excluded.content_hash, attempts = failure.attempts + 1, code = excluded.code, error = excluded.error,
      failed_at = clock_timestamp(), next_attempt_at = excluded.next_attempt_at, is_dead = false
    where failure.id is not null;
    if not found then
      -- somebody else was faster
      return 'waits';
    end if;
  end if;
  return 'begin';
end
$$;
comment on function app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean) is
  'Whether a text may be cut: begin, waits or dead. Counts the attempt of a large one.';
grant execute on function app_hidden.begin_cutting(uuid, app_public.source_type, uuid, bytea, integer, boolean) to colloquy_worker;
