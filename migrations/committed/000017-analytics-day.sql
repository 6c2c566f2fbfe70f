--! Previous: sha1:7698bdbaae6ca23dd2d37c878af35909afbe9782
--! Hash: sha1:0fb57e735515d95c423496ea0c7e5154446783d8
--! Message: analytics day

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 40-analytics-day.sql
-- What the analytics of a day are computed from.
do $$
begin
  if to_regtype('app_private.analytics_day') is null then
    create type app_private.analytics_day as (
      workspace_id uuid, conversation_id uuid, day date, rag_configuration_id uuid, lower_id uuid, upper_id uuid
    );
  end if;
end
$$;
comment on type app_private.analytics_day is 'A UTC day of a conversation whose figures are to be computed.';
comment on column app_private.analytics_day.workspace_id is 'The tenant.';
comment on column app_private.analytics_day.conversation_id is 'The conversation.';
comment on column app_private.analytics_day.day is 'The day.';
comment on column app_private.analytics_day.rag_configuration_id is 'The configuration that its figures count for.';
comment on column app_private.analytics_day.lower_id is 'The least id (UUID version 7) of the day.';
comment on column app_private.analytics_day.upper_id is 'The least id of the day after it.';
