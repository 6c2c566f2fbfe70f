-- Whether mail goes out.
select x.metric, '{}'::jsonb as labels, x.value
from app_hidden.mail_states() as m
cross join lateral (
  values
    ('colloquy_mail_due', m.due::float8),
    ('colloquy_mail_oldest_due_seconds', coalesce(extract(epoch from now() - m.oldest_due_at), 0)::float8),
    ('colloquy_mail_day_given_up', m.given_up_today::float8)
) as x (metric, value);
