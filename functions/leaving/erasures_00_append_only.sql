-- A certificate that could be changed would prove nothing.
-- needs: audit/audit_logs_00_append_only
create or replace trigger erasures_00_append_only
before update or delete or truncate
on app_hidden.erasures for each statement execute function app_hidden.refuse_change();
