-- What somebody looks at before a copy is adopted: what it was, what it is, and what would be sent and removed from it at once.
create or replace function app_hidden.adoption_state(for_environment text default null)
returns table (
  quarantine text, environment text, adopted_at timestamptz, adopted_as text, adopted_system_identifier bigint, system_identifier bigint,
  adopted_database text, database text, adopted_timeline integer, timeline integer, waiting_mails bigint, discarded_contents bigint,
  waiting_passages bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select
    app_private.quarantine_reason(for_environment), i.environment, i.adopted_at, i.adopted_as, i.system_identifier, f.system_identifier,
    i.database_name, f.database_name, i.timeline, f.timeline,
    (select count(*) from app_private.mail_outbox m where m.sent_at is null and m.failed_at is null),
    (select count(*) from app_hidden.discarded_contents),
    (select count(*) from app_hidden.embedding_backlog)
  from app_private.database_facts() f
  left join app_private.database_identity i on true;
$$;
comment on function app_hidden.adoption_state(text) is
  'The identity that the database was adopted with beside that which it has now, and what waits to be sent, removed and embedded.';
-- Deliberately not granted: the owner's login calls it.
