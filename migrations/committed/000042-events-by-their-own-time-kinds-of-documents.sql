--! Previous: sha1:9d927b8c5484fa3eeba05e97d47796570d847b79
--! Hash: sha1:ca4194800d313960cae9a0013741d1cdd52ff650
--! Message: events by their own time, kinds of documents

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 60-events-own-time.sql
-- What a message says is found by its own time, by those who may read it.
alter table app_public.raw_events add column if not exists visibility app_public.visibility not null default 'workspace';
comment on column app_public.raw_events.visibility is 'Who reads it: every member, or who brought it in.';

alter table app_public.chunks add column if not exists occurred_at timestamptz;
comment on column app_public.chunks.occurred_at is
  'When what it says happened, of an event that tells; else its source''s id does. Never later than when the event came in.';

drop function if exists app_hidden.complete_event(uuid, uuid, integer, text, text, integer, real, uuid, text, text, integer, integer, numeric, text);
drop function if exists app_private.store_event_passage(app_public.raw_events, text, text, integer, real, text);
drop function if exists app_hidden.claim_events(uuid, text, integer, interval, integer);
drop function if exists app_public.ingest_event(text, text, jsonb, text, jsonb);

--! split: 70-documents.sql
-- What people bring beside text, PDF and DOCX: presentations, workbooks, OpenDocument, books, RTF, mail, saved pages, notebooks.
-- changes rows of app_public.file_type_configs
-- changes rows of app_public.audit_logs
comment on column app_public.file_type_configs.extractor is
  'How the text is read: text, markdown, code, html, notebook, pdf, docx, pptx, xlsx, odt, ods, odp, epub, rtf, eml, mbox or mhtml; none: it has no text, and is stored alone.';
insert into app_public.file_type_configs (mime_type, extensions, extractor, max_bytes) values
  ('application/vnd.ms-word.document.macroenabled.12', '{docm}', 'docx', 52428800),
  ('application/vnd.openxmlformats-officedocument.presentationml.presentation', '{pptx}', 'pptx', 104857600),
  ('application/vnd.openxmlformats-officedocument.presentationml.slideshow', '{ppsx}', 'pptx', 104857600),
  ('application/vnd.ms-powerpoint.presentation.macroenabled.12', '{pptm}', 'pptx', 104857600),
  ('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', '{xlsx}', 'xlsx', 52428800),
  ('application/vnd.ms-excel.sheet.macroenabled.12', '{xlsm}', 'xlsx', 52428800),
  ('application/vnd.oasis.opendocument.text', '{odt}', 'odt', 52428800),
  ('application/vnd.oasis.opendocument.spreadsheet', '{ods}', 'ods', 52428800),
  ('application/vnd.oasis.opendocument.presentation', '{odp}', 'odp', 104857600),
  ('application/epub+zip', '{epub}', 'epub', 104857600),
  ('application/rtf', '{rtf}', 'rtf', 52428800),
  ('text/rtf', '{rtf}', 'rtf', 52428800),
  ('message/rfc822', '{eml}', 'eml', 52428800),
  ('application/mbox', '{mbox}', 'mbox', 104857600),
  ('multipart/related', '{mhtml,mht}', 'mhtml', 52428800),
  ('application/x-ipynb+json', '{ipynb}', 'notebook', 52428800)
on conflict do nothing;
