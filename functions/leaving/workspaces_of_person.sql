-- Where a person has something: as a member, and what it left in workspaces that it belongs to no more. Legal holds of each are asked.
create or replace function app_private.workspaces_of_person(person uuid)
returns uuid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(distinct w.workspace_id order by w.workspace_id), '{}')
  from (
    select m.workspace_id from app_public.workspace_members m where m.user_id = person
    union all select c.workspace_id from app_public.conversations c where c.owner_id = person
    union all select m.workspace_id from app_public.messages m where m.author_id = person
    union all select d.workspace_id from app_public.documents d where d.owner_id = person
    union all select f.workspace_id from app_public.files f where f.owner_id = person
    union all select r.workspace_id from app_public.repositories r where r.owner_id = person
    union all select i.workspace_id from app_public.memory_items i where i.owner_id = person
    union all select c.workspace_id from app_hidden.agent_checkpoints c where c.owner_id = person
    union all select w.workspace_id from app_hidden.agent_checkpoint_writes w where w.owner_id = person
    union all select e.workspace_id from app_public.raw_events e where e.owner_id = person
    union all select i.workspace_id from app_public.generated_images i where i.owner_id = person
    union all select f.workspace_id from app_public.message_feedback f where f.user_id = person
    union all select a.workspace_id from app_hidden.user_activity a where a.user_id = person
    union all select t.workspace_id from app_public.system_prompt_templates t where t.owner_id = person and t.workspace_id is not null
  ) as w;
$$;
comment on function app_private.workspaces_of_person(uuid) is 'The workspaces in which a person has something.';
