--! Previous: sha1:df609435d0d5420cf9c6ac35a6761da472cad469
--! Hash: sha1:7698bdbaae6ca23dd2d37c878af35909afbe9782
--! Message: applied functions

-- Which texts of functions/ this database has had, in which order: what is run again is run again when its text differs.

create table app_hidden.applied_functions (
  id bigint generated always as identity,
  path text not null,
  hash text not null,
  applied_at timestamptz not null default now(),
  constraint applied_functions_pkey primary key (id),
  -- serves: whether a text was ever applied
  constraint applied_functions_path_hash_key unique (path, hash),
  constraint applied_functions_path_length check (char_length(path) between 1 and 200),
  constraint applied_functions_hash_format check (hash ~ '^[0-9a-f]{64}$')
);
comment on table app_hidden.applied_functions is 'Files of functions/ that were applied, the latest of a path last. A text that was applied earlier tells an older program from one that the database waits for.';
comment on column app_hidden.applied_functions.id is 'Order in which they were applied.';
comment on column app_hidden.applied_functions.path is 'Below functions/: area/file.sql.';
comment on column app_hidden.applied_functions.hash is 'SHA-256 of its text, in hexadecimal.';
comment on column app_hidden.applied_functions.applied_at is 'When.';
alter table app_hidden.applied_functions enable row level security;
alter table app_hidden.applied_functions force row level security;
