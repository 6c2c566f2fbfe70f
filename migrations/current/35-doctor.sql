-- What grows, day by day: doctor and its report measure growth and the days that are left by it.
-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
create table if not exists app_hidden.database_days (
  day date not null constraint database_days_pkey primary key,
  measured_at timestamptz not null,
  database_bytes bigint not null constraint database_days_database_bytes_positive check (database_bytes >= 0),
  files_bytes bigint not null constraint database_days_files_bytes_positive check (files_bytes >= 0),
  disk_bytes bigint constraint database_days_disk_bytes_positive check (disk_bytes > 0),
  disk_free_bytes bigint constraint database_days_disk_free_bytes_positive check (disk_free_bytes >= 0),
  blocks_hit bigint not null,
  blocks_read bigint not null,
  commits bigint not null,
  rollbacks bigint not null,
  deadlocks bigint not null,
  temp_bytes bigint not null,
  wal_bytes numeric not null,
  counted_since timestamptz
);
alter table app_hidden.database_days enable row level security;
alter table app_hidden.database_days force row level security;
comment on table app_hidden.database_days is 'The database as a whole, one row a day: its size, and what the server has counted since counted_since.';
comment on column app_hidden.database_days.day is 'In UTC.';
comment on column app_hidden.database_days.measured_at is 'When; the last measurement of a day stays.';
comment on column app_hidden.database_days.database_bytes is 'Of the whole database, as the server says it.';
comment on column app_hidden.database_days.files_bytes is 'Of uploaded files, which are stored beside it.';
comment on column app_hidden.database_days.disk_bytes is 'Of the disk that the server writes to. Null: not known.';
comment on column app_hidden.database_days.disk_free_bytes is 'Free on that disk. Null: not known.';
comment on column app_hidden.database_days.blocks_hit is 'Blocks found in memory.';
comment on column app_hidden.database_days.blocks_read is 'Blocks asked of the operating system.';
comment on column app_hidden.database_days.commits is 'Transactions that were committed.';
comment on column app_hidden.database_days.rollbacks is 'Transactions that were rolled back.';
comment on column app_hidden.database_days.deadlocks is 'Deadlocks.';
comment on column app_hidden.database_days.temp_bytes is 'Written to temporary files.';
comment on column app_hidden.database_days.wal_bytes is 'Write-ahead log of the whole server.';
comment on column app_hidden.database_days.counted_since is 'When the counts of this database began. Null: with the database.';

create table if not exists app_hidden.relation_sizes (
  day date not null,
  kind text not null constraint relation_sizes_kind_known check (kind in ('table', 'partition', 'index')),
  name text not null constraint relation_sizes_name_length check (char_length(name) <= 300),
  bytes bigint not null constraint relation_sizes_bytes_positive check (bytes >= 0),
  row_estimate bigint constraint relation_sizes_row_estimate_positive check (row_estimate >= 0),
  constraint relation_sizes_pkey primary key (name, kind, day)
);
alter table app_hidden.relation_sizes enable row level security;
alter table app_hidden.relation_sizes force row level security;
-- serves: what is stored of a day, and what is too old
create index if not exists relation_sizes_day_idx on app_hidden.relation_sizes (day);
comment on table app_hidden.relation_sizes is 'Sizes of tables, of partitions and of indexes, one row a day. Partitions and indexes of less than a megabyte are in their tables alone.';
comment on column app_hidden.relation_sizes.day is 'In UTC.';
comment on column app_hidden.relation_sizes.kind is 'table: with all its partitions and large values, without indexes; partition: with its indexes; index: with all its partitions.';
comment on column app_hidden.relation_sizes.name is 'Schema and name.';
comment on column app_hidden.relation_sizes.bytes is 'On disk.';
comment on column app_hidden.relation_sizes.row_estimate is 'Rows by the planner’s estimate. Null: of an index, or never analysed.';

insert into app_private.settings (name, value, unit, description) values
  ('sizes_keep_days', '400', 'days', 'How long sizes of the database are kept. Older than 60 days, one day a week stays.'),
  ('disk_gb', '0', 'gigabytes', 'Size of the disk that the database is on, where it cannot be measured: on another machine. 0: not known.'),
  ('disk_days_warned', '30', 'days', 'Days until the disk is full, at its growth of the last 30, below which doctor warns. Below a third of it is an error.')
on conflict (name) do nothing;
