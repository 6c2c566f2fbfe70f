-- No request makes a partition: what an import brings of the past has a partition of its own, and maintenance moves what strayed.
-- changes rows of app_private.settings, app_public.audit_logs
drop function if exists app_private.ensure_months(text, timestamptz[]);
drop function if exists app_private.create_month_partition(text, date);

insert into app_private.settings (name, value, unit, description) values
  ('partition_move_rows', '2000', 'count', 'Rows that maintenance moves out of a default partition in one transaction. Readers and writers of the table wait that long.'),
  ('import_max_messages', '100000', 'count', 'Messages that one import of a conversation may bring.'),
  ('import_max_months', '600', 'count', 'Months that the messages of one import may be spread over.')
on conflict (name) do nothing;
