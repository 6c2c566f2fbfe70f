-- Values of the audit log as they may be kept. Of what the person did every text goes, but what is one of a closed set, an id, a number
-- or a time; of what others did, the person's address and id wherever they stand, and its names where they are the value.
create or replace function app_private.erased_json(value jsonb, erasure app_hidden.pending_erasures, is_own boolean, key text default null)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  closed constant text[] := array['role', 'kind', 'scope', 'scopes', 'period', 'status', 'visibility', 'retrieval_type', 'is_active', 'text_search_language'];
  words text := value #>> '{}';
  email text := lower(erasure.subject ->> 'email');
begin
  case jsonb_typeof(value)
    when 'object' then
      return (select coalesce(jsonb_object_agg(e.key, app_private.erased_json(e.value, erasure, is_own, e.key)), '{}') from jsonb_each(value) as e);
    when 'array' then
      return (select coalesce(jsonb_agg(app_private.erased_json(e.value, erasure, is_own, erased_json.key) order by e.place), '[]')
        from jsonb_array_elements(value) with ordinality as e (value, place));
    when 'string' then
      if words = erasure.user_id::text or words = any (erasure.whole_workspaces::text[]) then
        return to_jsonb(app_private.erased_id(erasure.audit_salt, words::uuid));
      end if;
      if strpos(lower(words), email) > 0 or strpos(words, erasure.user_id::text) > 0 or erasure.subject -> 'names' ? words
        or is_own and erased_json.key <> all (closed) and not pg_input_is_valid(words, 'uuid') and not pg_input_is_valid(words, 'numeric')
          and not pg_input_is_valid(words, 'timestamptz')
      then
        return to_jsonb(app_private.erased_text(erasure.audit_salt, lower(words)));
      end if;
      return value;
    else
      return value;
  end case;
end
$$;
comment on function app_private.erased_json(jsonb, app_hidden.pending_erasures, boolean, text) is 'Values of an entry of the audit log without an erased person.';
