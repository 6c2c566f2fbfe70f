-- What should be gone and is not: counted up to a limit, of what has an index by its end. A legal hold is a reason, so that what it keeps is
-- left out.
create or replace function app_hidden.expiry_backlog(late interval default interval '1 day', count_up_to integer default 10000)
returns table (kind text, waiting bigint, oldest_at timestamptz)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select x.kind, count(*), min(x.expires_at)
  from (
    (
      select 'sessions' as kind, s.expires_at from app_private.user_sessions s
      where s.expires_at <= now() - late order by s.expires_at limit count_up_to
    )
    union all
    (
      select 'tokens of mails', t.expires_at from app_private.mail_tokens t
      where t.expires_at <= now() - late order by t.expires_at limit count_up_to
    )
    union all
    (
      select 'temporary conversations', c.expires_at from app_public.conversations c
      where c.is_temporary and c.expires_at <= now() - late and not app_private.is_held(c.workspace_id, 'conversations', of_conversation => c.id)
      order by c.expires_at limit count_up_to
    )
    union all
    (
      select 'mails that are settled', m.sent_at + k.days from app_private.mail_outbox m
      cross join (select make_interval(days => greatest(app_hidden.setting('mail_keep_days')::integer, 1)) as days) as k
      where m.sent_at <= now() - late - k.days order by m.sent_at limit count_up_to
    )
  ) as x
  group by x.kind;
$$;
comment on function app_hidden.expiry_backlog(interval, integer) is
  'Sessions, tokens, temporary conversations and settled mails that should have been removed so long ago, counted up to a limit, and the oldest end of each kind.';
grant execute on function app_hidden.expiry_backlog(interval, integer) to colloquy_monitor;
