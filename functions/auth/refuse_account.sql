-- Says which part of an account is not acceptable, from the name of the constraint that refused it.
create or replace function app_private.refuse_account(violated text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'The % is not acceptable.', case
    when violated like '%\_username_format' then 'user name'
    when violated like '%\_display_name_length' then 'display name'
    else 'e-mail address'
  end using errcode = 'CQ200', hint = 'An address looks like name@example.org; a user name has 2 to 39 letters, digits, "-" or "_"; a display name at most 255 characters.';
end
$$;
comment on function app_private.refuse_account(text) is 'Raises CQ200 for a part of an account that a constraint refused.';
