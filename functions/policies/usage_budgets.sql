-- Read by every member of the workspace. Those who manage it write, a key with "admin" and "write": set_usage_budget inserts and
-- changes.
-- needs: auth/can_manage, auth/can_write, auth/current_user_id, auth/current_workspace_id
drop policy if exists all_owner on app_public.usage_budgets;
create policy all_owner on app_public.usage_budgets to colloquy_owner using (true) with check (true);

drop policy if exists select_member on app_public.usage_budgets;
create policy select_member on app_public.usage_budgets for select to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.current_user_id()) is not null
);

drop policy if exists insert_manager on app_public.usage_budgets;
create policy insert_manager on app_public.usage_budgets for insert to colloquy_user, colloquy_admin
with check (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
);

drop policy if exists update_manager on app_public.usage_budgets;
create policy update_manager on app_public.usage_budgets for update to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
);

drop policy if exists delete_manager on app_public.usage_budgets;
create policy delete_manager on app_public.usage_budgets for delete to colloquy_user, colloquy_admin
using (
  workspace_id = (select app_hidden.current_workspace_id())
  and (select app_hidden.can_manage())
  and (select app_hidden.can_write())
);

grant select on app_public.usage_budgets to colloquy_visitor, colloquy_user, colloquy_admin;
grant delete on app_public.usage_budgets to colloquy_user, colloquy_admin;
grant insert (workspace_id, scope, user_id, period, token_limit, cost_limit_usd) on app_public.usage_budgets to colloquy_user, colloquy_admin;
grant update (token_limit, cost_limit_usd) on app_public.usage_budgets to colloquy_user, colloquy_admin;
