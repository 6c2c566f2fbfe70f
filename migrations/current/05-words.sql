-- It returns another column: functions/ makes it anew.
drop function if exists app_private.split_words(uuid, app_private.search_question);
