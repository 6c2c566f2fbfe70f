-- Whether an identity provider has said that a session there has ended (receive_logout). Its tokens name the session (sid).
create or replace function app_private.has_provider_session_ended(issuer text, provider_session text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from app_private.provider_logouts l
    where l.session_hash = app_private.provider_session_hash(has_provider_session_ended.issuer, has_provider_session_ended.provider_session)
  );
$$;
comment on function app_private.has_provider_session_ended(text, text) is 'Whether the provider has ended a session of its own; false where there is no session.';
