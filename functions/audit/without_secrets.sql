-- Columns that may hold a secret are cut out by name, whatever table they stand in. The audit log must never keep one.
create or replace function app_private.without_secrets(row_values jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(jsonb_object_agg(v.key, v.value), '{}')
  from jsonb_each(row_values) as v
  -- max_tokens, token_limit and monthly_token_quota are numbers
  where v.key !~* '(password|secret|hash|token(?!s|_limit|_quota))' and v.key not in ('created_at', 'updated_at', 'last_used_at');
$$;
comment on function app_private.without_secrets(jsonb) is 'A row as the audit log may keep it: without secrets and bookkeeping.';
