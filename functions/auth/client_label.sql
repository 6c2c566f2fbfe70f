-- The kind of client that a header User-Agent speaks of, without its versions, so that an update is no new client. What it
-- returns is put into mails: a few words of this list, or letters, and nothing else that a stranger could write there.
create or replace function app_private.client_label(user_agent text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when browser.name is not null then browser.name || coalesce(' on ' || system.name, '')
    else coalesce(substring(user_agent from '^[A-Za-z][A-Za-z-]{1,39}'), 'an unknown client')
  end
  from (values (case
    when user_agent ~ 'Edg(e|A|iOS)?/' then 'Edge'
    when user_agent ~ '(OPR|Opera)/' then 'Opera'
    when user_agent ~ 'SamsungBrowser/' then 'Samsung Internet'
    when user_agent ~ '(Firefox|FxiOS)/' then 'Firefox'
    when user_agent ~ '(Chrome|CriOS|Chromium)/' then 'Chrome'
    when user_agent ~ '^Mozilla/.* Safari/' then 'Safari'
  end)) as browser (name),
  (values (case
    when user_agent ~ 'Android' then 'Android'
    when user_agent ~ '(iPhone|iPad|iPod)' then 'iOS'
    when user_agent ~ 'Windows' then 'Windows'
    when user_agent ~ '(Mac OS X|Macintosh)' then 'macOS'
    when user_agent ~ 'CrOS' then 'ChromeOS'
    when user_agent ~ 'Linux' then 'Linux'
  end)) as system (name);
$$;
comment on function app_private.client_label(text) is 'Readable kind of client of a User-Agent: Firefox on Windows, curl.';
