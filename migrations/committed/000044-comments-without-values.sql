--! Previous: sha1:4b2fea9bd178617806ee67a8898dcd8362a12b1a
--! Hash: sha1:27f943dae7ad368c29cb1e3e5c331b744e221d29
--! Message: comments without values

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

-- What a column may hold is in its check, and in the enum of GraphQL with the words for each value (api/plugins/catalogue/closed-lists.ts):
-- comments no longer name the values, which are spelled otherwise there.
comment on column app_public.documents.content_type is 'What the text is: decides how it is cut into chunks.';
comment on column app_public.api_keys.scopes is 'What it may do. All but search bring read along; admin and meter are for owners and admins.';
comment on column app_public.generated_images.format is 'How it is stored.';
comment on column app_public.file_type_configs.extractor is 'How the text is read, if there is any.';
comment on column app_public.webhooks.kinds is 'What is delivered.';
comment on column app_public.import_outcome.outcome is 'What became of it.';
comment on column app_public.event_import_outcome.outcome is 'What became of it.';
comment on column app_public.indexing_progress.paused is 'Why nothing goes on at the moment; null when it does.';
comment on column app_public.retention_preview.decided_by is 'What decides that.';
comment on column app_public.search_response.path is 'How vectors were compared.';
comment on column app_public.search_leg.reason is 'Why it was left out. Null when it was used.';
