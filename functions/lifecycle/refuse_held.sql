-- The refusal of whatever would delete or change what a legal hold keeps. Why it was placed is for those who may see holds; everybody else
-- learns that there is one. Its id is for the operator, and in no answer of the API.
create or replace function app_private.refuse_held(hold app_public.legal_holds)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'A legal hold keeps this%', case
      when app_hidden.can_manage() and app_hidden.current_workspace_id() = hold.workspace_id then ': ' || hold.reason else '.'
    end
    using errcode = 'CQ120', detail = format('Legal hold %s.', hold.id),
      hint = 'Until it is released, things of this kind can be added and not changed or removed. Owners and administrators of the workspace release it: releaseLegalHold.';
end
$$;
comment on function app_private.refuse_held(app_public.legal_holds) is 'Raises CQ120, with the reason of the hold for those who manage its workspace.';
-- Deliberately not granted: what refuses calls it.
