--! Previous: sha1:7737f766649639ae7657eb15f9ffac51b06bfe2f
--! Hash: sha1:7089993da458b04ba3281bee36c51cd51e6fd570
--! Message: backup schedule

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 08-backup-schedule.sql
-- When workers take backups by themselves, and what of them stays. Off: an operator's own schedule does it, or nothing.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
insert into app_private.settings (name, value, unit, description) values
  ('backup_full_cron', 'off', 'cron in UTC, or off', 'When workers that have a target take a full backup.'),
  ('backup_incremental_cron', 'off', 'cron in UTC, or off', 'When they take an incremental one, or a full one where that cannot be.'),
  ('backup_keep_full', '4', 'count, or off', 'Newest full backups that stay after one that they took, with what builds on them.'),
  ('backup_keep_days', '30', 'days, or off', 'Days to each moment of which can be restored by what stays.')
on conflict (name) do nothing;
