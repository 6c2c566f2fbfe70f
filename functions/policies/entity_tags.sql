-- Read by whoever may read the thing: the policies of its own table decide. Written by security definer functions only: not
-- granted is any write.
-- needs: auth/current_workspace_id
drop policy if exists all_owner on app_public.entity_tags;
create policy all_owner on app_public.entity_tags to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.entity_tags;
create policy select_member on app_public.entity_tags for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and case entity_type
    when 'document' then exists (select from app_public.documents e where e.id = entity_tags.entity_id)
    when 'repository' then exists (select from app_public.repositories e where e.id = entity_tags.entity_id)
    when 'conversation' then exists (select from app_public.conversations e where e.id = entity_tags.entity_id)
    when 'memory_item' then exists (select from app_public.memory_items e where e.id = entity_tags.entity_id)
  end
);

grant select on app_public.entity_tags to colloquy_visitor, colloquy_user, colloquy_admin;
