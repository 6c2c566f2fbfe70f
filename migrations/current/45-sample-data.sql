-- Sample data of any size: functions with other arguments and results.
drop function if exists app_private.generate_sample_data(text);
drop function if exists app_private.cleanup_test_data();
