-- What the feedback on messages of a conversation adds up to, from one id of a message to below another. Inlined: no settings.
create or replace function app_private.feedback_figures(workspace_id uuid, conversation_id uuid, lower_id uuid, upper_id uuid)
returns table (positive_feedback integer, neutral_feedback integer, negative_feedback integer, satisfaction_points numeric)
language sql
stable
as $$
  select
    (count(*) filter (where v.feedback_type = 'positive'))::integer as positive_feedback,
    (count(*) filter (where v.feedback_type = 'neutral'))::integer as neutral_feedback,
    (count(*) filter (where v.feedback_type = 'negative'))::integer as negative_feedback,
    coalesce(sum(coalesce((v.rating - 1) / 4.0, case v.feedback_type when 'positive' then 1 when 'neutral' then 0.5 else 0 end)), 0) as satisfaction_points
  from app_public.message_feedback v
  where v.workspace_id = feedback_figures.workspace_id and v.conversation_id = feedback_figures.conversation_id
    and v.message_id >= feedback_figures.lower_id and v.message_id < feedback_figures.upper_id
    -- feedback has no foreign key to its message
    and exists (
      select from app_public.messages m
      where m.conversation_id = feedback_figures.conversation_id and m.id = v.message_id and m.id >= feedback_figures.lower_id and m.id < feedback_figures.upper_id
    );
$$;
comment on function app_private.feedback_figures(uuid, uuid, uuid, uuid) is 'Feedback on messages of a conversation between two ids, by kind, and the points that it is worth.';
-- Deliberately not granted: app_private.store_conversation_figures calls it.
