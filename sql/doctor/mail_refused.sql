-- Mail that was given up: refused by the other side, tried too often, or too late. A few are addresses with a typing error; many mean that
-- our server is taken for a sender of junk.
with limits as (
  select
    10 as least, -- in a day, and
    0.1 as most_share -- of all that were settled
)
select
  'mail_refused' as name,
  'warning' as severity,
  'outbox' as subject,
  format(
    '%s of %s mails of 24 hours were given up, %s of them because they came too late.', m.given_up_today,
    m.given_up_today + m.sent_today, m.too_late_today
  ) as detail,
  'The worker logs the answer of each refusal: look for the name of a blocklist, SPF or DKIM; docs/mail.md' as remedy,
  'docs/doctor.md#mail_refused' as runbook
from limits
cross join app_hidden.mail_states() m
where m.given_up_today >= limits.least
  and m.given_up_today >= limits.most_share * (m.given_up_today + m.sent_today);
