-- Beside our own id of a request, which nobody else can choose, the audit log keeps what the client calls it.
alter table app_public.audit_logs add column if not exists client_request_id text;
alter table app_public.audit_logs drop constraint if exists audit_logs_client_request_id_length;
alter table app_public.audit_logs add constraint audit_logs_client_request_id_length check (char_length(client_request_id) between 1 and 200);
comment on column app_public.audit_logs.request_id is 'Request, as the log of the server has it. Made by the server.';
comment on column app_public.audit_logs.client_request_id is 'What came with the request as X-Request-Id: chosen by the client, or by a proxy.';
drop function if exists app_hidden.authenticate_identity(text, text, text, boolean, text, timestamptz, uuid, inet, text);

-- What others will click must not be a program. A source is a name as much as an address (file:notes.md), so schemes that run
-- or open something are refused, and characters that a browser leaves out while it looks for the scheme.
-- changes rows of app_public.documents
update app_public.documents d
set source_url = 'unsafe:' || left(regexp_replace(d.source_url, '[[:cntrl:]]', '', 'g'), 1990)
  || case when d.source_url ~ '[[:cntrl:]]' then '#' || d.id else '' end
where d.source_url ~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):';
alter table app_public.documents drop constraint if exists documents_source_url_format;
alter table app_public.documents add constraint documents_source_url_format
  check (source_url !~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):') not valid;
alter table app_public.documents validate constraint documents_source_url_format;

-- changes rows of app_public.files
update app_public.files f
set source_url = 'unsafe:' || left(regexp_replace(f.source_url, '[[:cntrl:]]', '', 'g'), 2041)
where f.source_url ~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):';
alter table app_public.files drop constraint if exists files_source_url_format;
alter table app_public.files add constraint files_source_url_format
  check (source_url !~* '[[:cntrl:]]|^ |^(javascript|vbscript|data|blob|filesystem|view-source|about|intent|ms-[a-z-]+):') not valid;
alter table app_public.files validate constraint files_source_url_format;

-- A repository is where git finds it; an address that is none of these is kept in the description.
-- changes rows of app_public.repositories
update app_public.repositories r
set description = left(concat_ws(E'\n', nullif(r.description, ''), r.repo_url), 2000), repo_url = null
where r.repo_url !~* '^(https?|ssh|git)://[^[:cntrl:]]+$' and r.repo_url !~* '^[a-z0-9._-]+@[a-z0-9.-]+:[^[:cntrl:]]+$';
alter table app_public.repositories drop constraint if exists repositories_repo_url_format;
alter table app_public.repositories add constraint repositories_repo_url_format
  check (repo_url ~* '^(https?|ssh|git)://[^[:cntrl:]]+$' or repo_url ~* '^[a-z0-9._-]+@[a-z0-9.-]+:[^[:cntrl:]]+$') not valid;
alter table app_public.repositories validate constraint repositories_repo_url_format;
comment on column app_public.repositories.repo_url is 'Where it is kept: an address of http(s), ssh or git, or user@host:path.';
