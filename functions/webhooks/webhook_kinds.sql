-- The one list of what webhooks may tell. webhook.test is made by testWebhook alone, and goes to every webhook that is tested.
create or replace function app_private.webhook_kinds()
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select array[
    'message.created', 'conversation.created', 'conversation.archived', 'conversation.deleted',
    'document.created', 'document.updated', 'document.indexed', 'document.deleted', 'file.processed', 'file.failed',
    'memory.remembered', 'memory.superseded', 'memory.forgotten', 'feedback.given', 'event.failed', 'budget.warning', 'budget.exceeded'
  ];
$$;
comment on function app_private.webhook_kinds() is 'What webhooks may tell.';
