-- Ends a pause that pause_provider began, once its cause is corrected. Only the worker may call this.
create or replace function app_hidden.resume_provider(for_provider text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from app_hidden.provider_pauses p where p.provider = for_provider;
  return found;
end
$$;
comment on function app_hidden.resume_provider(text) is 'Ends the pause of a provider, for an operator who has corrected what was wrong. False when there was none.';
grant execute on function app_hidden.resume_provider(text) to colloquy_worker;
