-- The hash of the challenge that the answer of an authenticator says it has signed. Whether it has is verified by the API
-- (record_passkey): this only finds the row in which that stands. Null for what is no such answer.
create or replace function app_private.passkey_challenge_of(passkey jsonb)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  most constant integer := 4000;
  client_data text := passkey #>> '{response,clientDataJSON}';
begin
  if octet_length(client_data) > most then
    return null;
  end if;
  client_data := translate(client_data, '-_', '+/');
  client_data := convert_from(decode(rpad(client_data, (length(client_data) + 3) / 4 * 4, '='), 'base64'), 'UTF8');
  return sha256(convert_to(client_data::jsonb ->> 'challenge', 'UTF8'));
exception
  when data_exception then
    return null;
end
$$;
comment on function app_private.passkey_challenge_of(jsonb) is 'SHA-256 of the challenge in the answer of an authenticator.';
