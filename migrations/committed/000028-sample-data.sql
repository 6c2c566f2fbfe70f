--! Previous: sha1:afd1927cef5ac14a4ff692c200d2f4445beacc46
--! Hash: sha1:e2ea06dc83a4232ce83de59da4afde60409bd0ae
--! Message: sample data

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 45-sample-data.sql
-- Sample data of any size: functions with other arguments and results.
drop function if exists app_private.generate_sample_data(text);
drop function if exists app_private.cleanup_test_data();
