-- What may be a password: neither too short nor too long (hash_password), none of those that everybody tries, and not the
-- person's own address or name. Whoever chooses one is asked here; passwords that exist are not looked at again.
create or replace function app_private.require_good_password(password text, variadic own text[] default '{}')
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  folded text := lower(password);
  rest text := regexp_replace(lower(password), '[^[:alnum:]]', '', 'g');
  part text;
begin
  if password is null or char_length(password) < 8 or octet_length(password) > 72 then
    raise exception 'The password must have at least 8 characters and at most 72 bytes.' using errcode = 'CQ105', column = 'password', hint = 'Choose another password.';
  end if;
  -- longest first: ann@example.org, then its parts
  for part in
    select distinct p.part
    from unnest(own) as o (text)
    cross join lateral (
      select regexp_replace(lower(o.text), '[^[:alnum:]]', '', 'g')
      union all select w.word from regexp_split_to_table(lower(o.text), '[^[:alnum:]]+') as w (word)
    ) as p (part)
    where char_length(p.part) >= 3
    order by p.part desc
  loop
    rest := replace(rest, part, '');
  end loop;
  if char_length(rest) < 4 and cardinality(own) > 0 and rest <> regexp_replace(folded, '[^[:alnum:]]', '', 'g') then
    raise exception 'The password is little more than your address or name.' using errcode = 'CQ130', hint = 'Choose several words that have nothing to do with you.';
  end if;
  if cardinality(array(select distinct c from regexp_split_to_table(folded, '') as c)) < 4
    or exists (
      select from app_private.common_passwords c
      where c.password in (folded, regexp_replace(folded, '^[^[:alpha:]]+|[^[:alpha:]]+$', '', 'g'))
    )
  then
    raise exception 'This password is one of those that are tried first.' using errcode = 'CQ130', hint = 'Choose several words that nobody would put together.';
  end if;
end
$$;
comment on function app_private.require_good_password(text, text[]) is
  'Raises CQ105 for a password that is too short or too long, CQ130 for one that is common or made of the person''s own address or name.';
