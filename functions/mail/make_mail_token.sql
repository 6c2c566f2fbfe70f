-- A token to be mailed, of which three of a kind live at a time. It must not end those before it: whoever asks for a second mail
-- would take the first away from the person who reads it. Null when three live, or when it is not the
-- turn of such a mail (mail_turn): what was sent still works. The caller has locked the secrets of the account.
create or replace function app_private.make_mail_token(for_user uuid, kind text, email text, turn timestamptz, validity interval)
returns text
language plpgsql
set search_path = pg_catalog, extensions, pg_temp
as $$
declare
  most constant integer := 3;
  token text := case make_mail_token.kind when 'reset' then 'cqr_' when 'verification' then 'cqv_' else 'cqm_' end
    || encode(gen_random_bytes(32), 'hex');
begin
  insert into app_private.mail_tokens (token_hash, user_id, kind, email, expires_at)
  select sha256(convert_to(token, 'UTF8')), for_user, make_mail_token.kind, make_mail_token.email::citext, turn + validity
  from app_private.mail_tokens t
  where t.user_id = for_user and t.kind = make_mail_token.kind and t.expires_at > clock_timestamp()
    -- of new addresses all together, or one account could have any number of strangers mailed
    and (t.email = make_mail_token.email::citext or t.kind = 'address')
  having count(*) < most and turn is not null;
  return case when found then token end;
end
$$;
comment on function app_private.make_mail_token(uuid, text, text, timestamptz, interval) is
  'A new token for a mail; null when three of this kind live already, or it is not its turn.';
