--! Previous: sha1:e3ac0fc159fbedf291ca7531911549ec03502bae
--! Hash: sha1:680bd581ba92b8009ff538e5f68282ec6f4032c2
--! Message: sample data

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 45-sample-data.sql
-- Sample data of any size: functions with other arguments and results.
drop function if exists app_private.generate_sample_data(text);
drop function if exists app_private.cleanup_test_data();
