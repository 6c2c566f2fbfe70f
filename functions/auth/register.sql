-- Makes an account with its personal workspace and signs in. Security definer: a visitor may write none of these tables.
-- Where an address must be proved before use it only notes what was asked for, and returns null: a job makes the account, and
-- the answer and the work are the same whether there was one. Elsewhere it tells that an address is taken (CQ104): who is
-- signed in at once learns it in any case.
create or replace function app_public.register(
  email text, password text, username text default null, display_name text default null, invitation_token text default null
)
returns app_public.authentication
language plpgsql
security definer
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  is_proved boolean;
  violated text;
  account app_public.users;
begin
  is_proved := app_private.require_registration(register.email, register.invitation_token);
  perform app_private.require_good_password(register.password, register.email, register.username, register.display_name);
  if is_proved or not app_private.must_verify_email() then
    account := app_private.create_account(
      register.email, app_private.hash_password(register.password), register.username, register.display_name, is_proved
    );
    update app_public.users u set last_login_at = now() where u.id = account.id;
    return app_private.create_session(account.id);
  end if;

  perform app_private.require_mail();
  if exists (select from app_public.users u where u.username = trim(register.username)::citext) then
    raise exception 'This user name is taken.' using errcode = 'CQ104', hint = 'Choose another user name.';
  end if;
  begin
    insert into app_private.account_requests (kind, email, password_hash, username, display_name, ip, request_id)
    values (
      'registration', trim(register.email)::citext, app_private.hash_password(register.password),
      nullif(lower(trim(register.username)), ''), nullif(trim(register.display_name), ''),
      nullif(current_setting('colloquy.client_ip', true), '')::inet, left(nullif(current_setting('colloquy.request_id', true), ''), 200)
    )
    on conflict do nothing;
  exception
    when check_violation or not_null_violation then
      get stacked diagnostics violated = constraint_name;
      perform app_private.refuse_account(violated);
  end;
  perform app_hidden.enqueue('deliver-mail', '{}');
  return null;
end
$$;
comment on function app_public.register(text, text, text, text, text) is
  'Makes an account with a personal workspace and signs in; null where the address must be proved first by a mail. Errors: CQ104 taken, CQ105 password too short or too long, CQ112 no such invitation, CQ130 password too easily guessed, CQ131 to CQ133 not allowed, CQ200 malformed.';
grant execute on function app_public.register(text, text, text, text, text) to colloquy_visitor, colloquy_user, colloquy_admin;
