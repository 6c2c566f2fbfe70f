-- Mail to the person and by the person, sent or waiting; what was asked at the door with its address; invitations to it.
create or replace function app_private.erase_mail(erasure app_hidden.pending_erasures)
returns jsonb
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  address text := lower(erasure.subject ->> 'email');
  mails bigint;
  requests bigint;
  invitations bigint;
begin
  delete from app_private.mail_outbox m
  where lower(m.recipient) = address or m.sender_id = erasure.user_id or strpos(lower(m.data::text), address) > 0
    or strpos(m.data::text, erasure.user_id::text) > 0 or strpos(lower(concat_ws(' ', m.subject, m.body, m.last_error)), address) > 0;
  get diagnostics mails = row_count;
  delete from app_private.account_requests r where r.email = address::citext;
  get diagnostics requests = row_count;
  delete from app_private.mail_tokens t where t.email = address::citext;
  delete from app_public.workspace_invitations i where i.email = address::citext;
  get diagnostics invitations = row_count;
  return case when mails + requests + invitations > 0
    then jsonb_build_object('mail_outbox', mails, 'account_requests', requests, 'workspace_invitations', invitations) end;
end
$$;
comment on function app_private.erase_mail(app_hidden.pending_erasures) is 'Removes mails to and by a person, requests with its address, and invitations to it.';
