-- The part of a turn that lies in tables of its own: a retry of it names the same chunks and the same calls of tools, in the same order.
create or replace function app_private.require_same_use(answer_id uuid, chunks jsonb, tool_calls jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(chunks) = 'array' and array(
    select k.chunk_id::text from app_public.message_chunks k where k.message_id = answer_id order by k.rank
  ) <> array(
    select lower(c.item ->> 'chunkId') from jsonb_array_elements(chunks) with ordinality as c (item, place) order by c.place
  ) or jsonb_typeof(tool_calls) = 'array' and not (
    -- more may have been requested since
    array(select t.name from app_public.tool_calls t where t.message_id = answer_id)
    @> array(select c.item ->> 'name' from jsonb_array_elements(tool_calls) as c (item))
  ) then
    perform app_private.refuse_other_content();
  end if;
end
$$;
comment on function app_private.require_same_use(uuid, jsonb, jsonb) is 'Raises CQ810 when a retried turn names other chunks or calls of tools than the first one.';
-- Deliberately not granted: functions that take an idempotency key call it.
