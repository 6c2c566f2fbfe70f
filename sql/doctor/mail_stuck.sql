-- Mail that is due and not delivered: nobody can reset a password or answer an invitation.
with limits as (
  select
    interval '15 minutes' as warning_after, -- it is looked for every minute
    interval '2 hours' as error_after -- tokens of a reset last for one
)
select
  'mail_stuck' as name,
  case when now() - m.oldest_due_at >= limits.error_after then 'error' else 'warning' end as severity,
  'outbox' as subject,
  format('%s mails are due, the oldest since %s.', m.due, to_char(m.oldest_due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail,
  'See that a worker with MAIL_URL runs, and what its job deliver-mail says: npm run ops -- jobs list; docs/mail.md' as remedy,
  'docs/doctor.md#mail_stuck' as runbook
from limits
cross join app_hidden.mail_states() m
where m.oldest_due_at <= now() - limits.warning_after;
