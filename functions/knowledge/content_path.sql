-- Where the bytes of a content lie below the folder of files, and what its lock is named after: one rule for both.
create or replace function app_private.content_path(workspace_id uuid, sha256 bytea)
returns text
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select content_path.workspace_id::text || '/' || left(encode(content_path.sha256, 'hex'), 2) || '/' || encode(content_path.sha256, 'hex');
$$;
comment on function app_private.content_path(uuid, bytea) is 'The path of a content in a workspace: workspace, first two digits of the SHA-256, SHA-256 in hexadecimal.';
