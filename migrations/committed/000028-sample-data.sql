--! Previous: sha1:5530ceeeac20e98f4d0236a18be96e03d7be892f
--! Hash: sha1:a9bf9184d0aa8294f2f0038c64ed9b8b68a5b734
--! Message: sample data

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 45-sample-data.sql
-- Sample data of any size: functions with other arguments and results.
drop function if exists app_private.generate_sample_data(text);
drop function if exists app_private.cleanup_test_data();
