-- A new password for somebody who forgot the old one. The request notes the address and wakes a job, which looks for the
-- account: nothing here reads it, so neither the answer nor the time can say whether there is one.
create or replace function app_public.request_password_reset(email text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
begin
  perform app_private.require_mail();
  begin
    insert into app_private.account_requests (kind, email, ip, request_id)
    values (
      'reset', left(trim(request_password_reset.email), 255)::citext,
      nullif(current_setting('colloquy.client_ip', true), '')::inet, left(nullif(current_setting('colloquy.request_id', true), ''), 200)
    )
    on conflict do nothing;
  exception
    -- no address at all: the answer is the same
    when check_violation or not_null_violation then
      null;
  end;
  perform app_hidden.enqueue('deliver-mail', '{}');
  return true;
end
$$;
comment on function app_public.request_password_reset(text) is 'Mails a token for a new password, if there is such an account. The answer is always true. Error: CQ152 no mail is sent here.';
grant execute on function app_public.request_password_reset(text) to colloquy_visitor, colloquy_user, colloquy_admin;
