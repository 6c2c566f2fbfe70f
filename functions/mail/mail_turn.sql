-- When a mail to an address may be delivered, or null when none of this kind is to be sent now. Two mails to one mailbox have a
-- pause between them, of whatever kinds: one that comes too early waits for its turn, unless its like was sent within the pause.
-- What strangers can cause (invitations, an address that is named as a new one, a registration with one that has an account) is counted
-- apart, each kind for itself, and puts what the person asked for off by one pause at most: nobody uses up another's resets or notices. None is sent where nothing can deliver it. Of two transactions at once the second waits, and sees what the first has written.
create or replace function app_private.mail_turn(kind text, recipient text, workspace uuid default null)
returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  pause interval := make_interval(secs => app_hidden.setting('mail_pause_seconds')::integer);
  by_strangers constant text[] := array['invitation', 'new_address', 'already_registered'];
  own_count constant text[] := by_strangers || 'notice'::text;
  most integer := app_hidden.setting(
    case when mail_turn.kind = any (by_strangers) then 'invitation_mails_per_day' when mail_turn.kind = 'notice' then 'notice_mails_per_day'
      else 'account_mails_per_day' end
  )::integer;
  -- an unknown address takes the same way
  key text := coalesce(lower(regexp_replace(mail_turn.recipient, '\+[^@]*@', '@')), gen_random_uuid()::text);
  moment timestamptz;
  sent integer;
  last timestamptz;
  has_like boolean;
begin
  perform pg_advisory_xact_lock(hashtextextended('mail ' || key, 0));
  moment := clock_timestamp();
  select
    count(*) filter (
      where case when mail_turn.kind = any (own_count) then m.kind = mail_turn.kind else m.kind <> all (own_count) end
    ),
    max(m.not_before),
    bool_or(m.kind = mail_turn.kind and m.workspace_id is not distinct from mail_turn.workspace and m.not_before > moment - pause)
  into sent, last, has_like
  from app_private.mail_outbox m
  where m.mailbox = key and m.not_before > moment - interval '1 day';
  if app_hidden.setting('mail_delivery') <> 'on' or sent >= most or has_like and mail_turn.kind <> 'notice' then
    return null;
  end if;
  return case
    when mail_turn.kind = any (by_strangers) then greatest(moment, last + pause)
    else least(greatest(moment, last + pause), moment + pause)
  end;
end
$$;
comment on function app_private.mail_turn(text, text, uuid) is 'The time from which a mail of this kind may be sent to this address; null when none is to be sent.';
