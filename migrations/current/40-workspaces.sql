-- A workspace that moves to another installation is read and not written meanwhile.
alter table app_public.workspaces add column if not exists frozen_at timestamptz;
comment on column app_public.workspaces.frozen_at is 'Since when nobody writes in it, because it moves to another installation; null: it is open.';
