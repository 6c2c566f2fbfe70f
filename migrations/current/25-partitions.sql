-- Old partitions go, and tiers are kept in bounded steps.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
insert into app_private.settings (name, value, unit, description) values
  ('partition_empty_months', '3', 'months', 'Months after which a monthly partition without rows is dropped; 0 keeps them all.'),
  ('partition_export', 'off', 'on or off', 'Whether a month that retention ends is written to the folder partitions in DATA_DIR before it is dropped.')
on conflict (name) do nothing;
