--! Previous: sha1:4761f0fa80ebcd8309f0fe328cdb62335bc8005b
--! Hash: sha1:48f6299e375ef0ba5ea4cd3e5db8622423ef897e
--! Message: sample data

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 45-sample-data.sql
-- Sample data of any size: functions with other arguments and results.
drop function if exists app_private.generate_sample_data(text);
drop function if exists app_private.cleanup_test_data();
