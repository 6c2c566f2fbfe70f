--! Previous: sha1:b85793471f3a012ba7b615e73433a68061b15419
--! Hash: sha1:ccba5d5377b16aa31dfdc1e895ed0b0f68d95245
--! Message: usage of messages

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 10-usage-of-messages.sql
drop function if exists app_private.log_usage_of(app_public.messages);
