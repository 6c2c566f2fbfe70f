-- What people bring beside text, PDF and DOCX: presentations, workbooks, OpenDocument, books, RTF, mail, saved pages, notebooks.
-- changes rows of app_public.file_type_configs
-- changes rows of app_public.audit_logs
alter table app_public.file_type_configs drop constraint if exists file_type_configs_extractor_known;
alter table app_public.file_type_configs add constraint file_type_configs_extractor_known check (
  extractor in (
    'text', 'markdown', 'code', 'html', 'notebook', 'pdf', 'docx', 'pptx', 'xlsx', 'odt', 'ods', 'odp', 'epub', 'rtf', 'eml', 'mbox', 'mhtml', 'none'
  )
);
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
