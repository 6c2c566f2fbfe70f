--! Previous: sha1:ccba5d5377b16aa31dfdc1e895ed0b0f68d95245
--! Hash: sha1:3cc2eeb981815c0aa012c23c5c71da4563ba9535
--! Message: files and images

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 45-files.sql
-- Images are stored as files, and nothing is read from them; what is generated in a conversation names the file of its bytes.
-- changes rows of app_public.file_type_configs
-- changes rows of app_public.audit_logs
alter table app_public.file_type_configs drop constraint if exists file_type_configs_extractor_known;
alter table app_public.file_type_configs add constraint file_type_configs_extractor_known check (
  extractor in (
    'text', 'markdown', 'code', 'html', 'notebook', 'pdf', 'docx', 'pptx', 'xlsx', 'odt', 'ods', 'odp', 'epub', 'rtf', 'eml', 'mbox', 'mhtml', 'none'
  )
);
comment on column app_public.file_type_configs.extractor is
  'How the text is read: text, markdown, code, html, pdf or docx; none: it has no text, and is stored alone.';
insert into app_public.file_type_configs (mime_type, extensions, extractor, max_bytes) values
  ('image/png', '{png}', 'none', 20971520),
  ('image/jpeg', '{jpg,jpeg}', 'none', 20971520),
  ('image/webp', '{webp}', 'none', 20971520),
  ('image/gif', '{gif}', 'none', 20971520),
  ('image/avif', '{avif}', 'none', 20971520)
on conflict do nothing;

alter table app_public.generated_images add column if not exists file_id uuid;
comment on column app_public.generated_images.file_id is
  'The file with its bytes (GET /files/:id), when they were uploaded here. No foreign key: the file may be deleted, and what was asked for stays.';
drop function if exists app_public.record_image(uuid, text, text, integer, integer, text, uuid, text, text, integer, numeric);
