--! Previous: sha1:3db417db15b2a103cdbbc1717f60bf4a99c87b47
--! Hash: sha1:2e7a44c2497c35034bf3407ab8abf837e851b469
--! Message: leaving and workspaces

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 35-leaving.sql
-- A person leaves: what is being erased, and the certificates of what was. Neither names the person once it is done.
create table if not exists app_hidden.pending_erasures (
  id uuid not null default uuidv7(),
  user_id uuid not null,
  reason text not null,
  subject jsonb not null,
  subject_key bytea not null,
  subject_hash bytea not null,
  audit_salt bytea not null,
  whole_workspaces uuid[] not null,
  workspaces uuid[] not null,
  step text not null default 'archives',
  progress jsonb not null default '{}',
  counts jsonb not null default '{}',
  held_by text,
  requested_at timestamptz not null default clock_timestamp(),
  constraint pending_erasures_pkey primary key (id),
  constraint pending_erasures_user_id_key unique (user_id),
  constraint pending_erasures_id_version check (uuid_extract_version(id) = 7),
  constraint pending_erasures_reason_length check (char_length(reason) between 1 and 200),
  constraint pending_erasures_subject_object check (jsonb_typeof(subject) = 'object'),
  constraint pending_erasures_hash_length check (octet_length(subject_hash) = 32 and octet_length(subject_key) = 32 and octet_length(audit_salt) = 32),
  constraint pending_erasures_step_length check (char_length(step) between 1 and 50),
  constraint pending_erasures_counts_object check (jsonb_typeof(counts) = 'object' and jsonb_typeof(progress) = 'object'),
  constraint pending_erasures_held_by_length check (char_length(held_by) <= 4000)
);
alter table app_hidden.pending_erasures enable row level security;
alter table app_hidden.pending_erasures force row level security;
comment on table app_hidden.pending_erasures is 'People who are being erased, until nothing of them is left: then the row goes, and a certificate is written.';
comment on column app_hidden.pending_erasures.id is 'The erasure; the certificate has the same id.';
comment on column app_hidden.pending_erasures.user_id is 'The person. No foreign key: the row of the account goes before this one.';
comment on column app_hidden.pending_erasures.reason is 'Why, for the certificate.';
comment on column app_hidden.pending_erasures.subject is 'The address and the names that are looked for. They go with this row.';
comment on column app_hidden.pending_erasures.subject_key is 'What the id of the person is hashed with, so that it is known again in a restored copy.';
comment on column app_hidden.pending_erasures.subject_hash is 'SHA-256 of the key and the id of the person.';
comment on column app_hidden.pending_erasures.audit_salt is 'What the audit log is made unlinkable with. It is kept nowhere else, and goes with this row.';
comment on column app_hidden.pending_erasures.whole_workspaces is 'Workspaces that go whole: nobody else is a member.';
comment on column app_hidden.pending_erasures.workspaces is 'Workspaces in which the person has something.';
comment on column app_hidden.pending_erasures.step is 'What is done next.';
comment on column app_hidden.pending_erasures.progress is 'How far this step has come.';
comment on column app_hidden.pending_erasures.counts is 'Rows that were removed or changed so far, by table.';
comment on column app_hidden.pending_erasures.held_by is 'The legal hold that it waits for.';
comment on column app_hidden.pending_erasures.requested_at is 'When the account became unusable.';

create table if not exists app_hidden.erasures (
  number bigint not null,
  id uuid not null,
  reason text not null,
  subject_key bytea not null,
  subject_hash bytea not null,
  requested_at timestamptz not null,
  finished_at timestamptz not null,
  counts jsonb not null,
  previous_hash bytea,
  hash bytea not null,
  constraint erasures_pkey primary key (number),
  constraint erasures_id_key unique (id),
  constraint erasures_number_positive check (number > 0),
  constraint erasures_id_version check (uuid_extract_version(id) = 7),
  constraint erasures_first check ((number = 1) = (previous_hash is null)),
  constraint erasures_reason_length check (char_length(reason) between 1 and 200),
  constraint erasures_hash_length check (
    octet_length(hash) = 32 and octet_length(subject_hash) = 32 and octet_length(subject_key) = 32 and octet_length(previous_hash) = 32
  ),
  constraint erasures_counts_object check (jsonb_typeof(counts) = 'object')
);
alter table app_hidden.erasures enable row level security;
alter table app_hidden.erasures force row level security;
comment on table app_hidden.erasures is
  'Certificates of erasures, one after the other: each has the hash of the one before it, so that none can be changed or taken out unseen.';
comment on column app_hidden.erasures.number is 'Its place in the chain.';
comment on column app_hidden.erasures.id is 'The erasure.';
comment on column app_hidden.erasures.reason is 'Why.';
comment on column app_hidden.erasures.subject_key is 'What the id of the person was hashed with.';
comment on column app_hidden.erasures.subject_hash is
  'SHA-256 of the key and the id of the person: it tells nobody who it was, and finds the person in a copy that still has it.';
comment on column app_hidden.erasures.requested_at is 'When the account became unusable.';
comment on column app_hidden.erasures.finished_at is 'When nothing was left.';
comment on column app_hidden.erasures.counts is 'Rows that were removed or changed, by table.';
comment on column app_hidden.erasures.previous_hash is 'The hash of the certificate before it.';
comment on column app_hidden.erasures.hash is 'SHA-256 of everything else in the row.';

do $types$
begin
  if to_regtype('app_public.account_erasure') is null then
    create type app_public.account_erasure as (
      id uuid,
      reason text,
      subject_key text,
      subject_hash text,
      requested_at timestamptz,
      finished_at timestamptz,
      held_by text,
      counts jsonb,
      number bigint,
      previous_hash text,
      hash text
    );
  end if;
end
$types$;
comment on type app_public.account_erasure is 'The erasure of a person: its certificate, or how far it is.';
comment on column app_public.account_erasure.id is 'The erasure.';
comment on column app_public.account_erasure.reason is 'Why.';
comment on column app_public.account_erasure.subject_key is 'What the id of the person is hashed with, in hexadecimal digits.';
comment on column app_public.account_erasure.subject_hash is 'SHA-256 of the key and the id of the person, in hexadecimal digits.';
comment on column app_public.account_erasure.requested_at is 'Since when the account is unusable.';
comment on column app_public.account_erasure.finished_at is 'When nothing was left; null while it is going on.';
comment on column app_public.account_erasure.held_by is 'The legal hold that it waits for.';
comment on column app_public.account_erasure.counts is 'Rows that were removed or changed, by table.';
comment on column app_public.account_erasure.number is 'The place of the certificate in the chain.';
comment on column app_public.account_erasure.previous_hash is 'The hash of the certificate before it, in hexadecimal digits.';
comment on column app_public.account_erasure.hash is 'The hash of this certificate, in hexadecimal digits.';

do $types$
begin
  if to_regtype('app_public.data_export') is null then
    create type app_public.data_export as (
      path text, media_type text, conversation_count bigint, document_count bigint, file_count bigint, file_bytes numeric
    );
  end if;
end
$types$;
comment on type app_public.data_export is 'Where everything of a person is fetched.';
comment on column app_public.data_export.path is 'Of this server: GET it with the token of the session as "Authorization: Bearer".';
comment on column app_public.data_export.media_type is 'What comes: a tar, packed with gzip.';
comment on column app_public.data_export.conversation_count is 'Own conversations in it.';
comment on column app_public.data_export.document_count is 'Own documents in it.';
comment on column app_public.data_export.file_count is 'Own files in it.';
comment on column app_public.data_export.file_bytes is 'Bytes of these files; equal ones are in it once.';

--! split: 40-workspaces.sql
-- A workspace that moves to another installation is read and not written meanwhile.
alter table app_public.workspaces add column if not exists frozen_at timestamptz;
comment on column app_public.workspaces.frozen_at is 'Since when nobody writes in it, because it moves to another installation; null: it is open.';
