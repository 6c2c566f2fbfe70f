-- Mail says what it is (kind, data) instead of holding its words, ends with a reason, and is counted per mailbox, sender and workspace.
alter table app_private.mail_outbox alter column subject drop not null;
alter table app_private.mail_outbox add column if not exists kind text not null default 'notice';
alter table app_private.mail_outbox add column if not exists data jsonb;
alter table app_private.mail_outbox add column if not exists not_before timestamptz not null default now();
alter table app_private.mail_outbox add column if not exists valid_until timestamptz;
alter table app_private.mail_outbox add column if not exists failed_at timestamptz;
alter table app_private.mail_outbox add column if not exists sender_id uuid;
alter table app_private.mail_outbox add column if not exists workspace_id uuid;
alter table app_private.mail_outbox add column if not exists mailbox text
  generated always as (lower(regexp_replace(recipient, '\+[^@]*@', '@'))) stored;

alter table app_private.mail_outbox drop constraint if exists mail_outbox_kind_format;
alter table app_private.mail_outbox add constraint mail_outbox_kind_format check (kind ~ '^[a-z_]{1,50}$');
alter table app_private.mail_outbox drop constraint if exists mail_outbox_data_object;
alter table app_private.mail_outbox add constraint mail_outbox_data_object check (jsonb_typeof(data) = 'object' and octet_length(data::text) <= 10000);
alter table app_private.mail_outbox drop constraint if exists mail_outbox_body_until_sent;
alter table app_private.mail_outbox drop constraint if exists mail_outbox_content_until_settled;
alter table app_private.mail_outbox add constraint mail_outbox_content_until_settled
  check ((body is not null or data is not null) = (sent_at is null and failed_at is null));
alter table app_private.mail_outbox drop constraint if exists mail_outbox_settled_once;
alter table app_private.mail_outbox add constraint mail_outbox_settled_once check (sent_at is null or failed_at is null);

drop index if exists app_private.mail_outbox_next_attempt_at_idx;
-- serves: the mail that is due; holds only what is not settled
create index mail_outbox_next_attempt_at_idx on app_private.mail_outbox (next_attempt_at, id) where sent_at is null and failed_at is null;
-- serves: removal of what was given up long ago
create index if not exists mail_outbox_failed_at_idx on app_private.mail_outbox (failed_at) where failed_at is not null;
-- serves: the pause and the daily limits of a mailbox
create index if not exists mail_outbox_mailbox_idx on app_private.mail_outbox (mailbox, not_before);
-- serves: the daily limit of an account that invites
create index if not exists mail_outbox_sender_id_idx on app_private.mail_outbox (sender_id, not_before) where sender_id is not null;
-- serves: the daily limit of a workspace
create index if not exists mail_outbox_workspace_id_idx on app_private.mail_outbox (workspace_id, not_before) where workspace_id is not null;

comment on table app_private.mail_outbox is 'Mail to deliver. It holds tokens in clear, so its content goes when it is sent, given up or no longer of use.';
comment on column app_private.mail_outbox.kind is 'What it is: password_reset, verification, invitation, or notice, which has its own words.';
comment on column app_private.mail_outbox.data is 'What the words of its kind speak of, the token included; null once it is settled.';
comment on column app_private.mail_outbox.subject is 'Subject of a notice, one line.';
comment on column app_private.mail_outbox.body is 'Plain text of a notice; null once it is settled.';
comment on column app_private.mail_outbox.not_before is 'When it may be sent at the earliest: two mails to one mailbox have a pause between them.';
comment on column app_private.mail_outbox.valid_until is 'When its token ends: after it, the mail is given up.';
comment on column app_private.mail_outbox.failed_at is 'When it was given up: refused for good, tried too often, or too late.';
comment on column app_private.mail_outbox.sender_id is 'The account that caused it, when that is not the recipient''s own. No foreign key: limits outlive accounts.';
comment on column app_private.mail_outbox.workspace_id is 'The workspace that it speaks of. No foreign key: limits outlive workspaces.';
comment on column app_private.mail_outbox.mailbox is 'The recipient in lower case and without +tag: what limits count.';
comment on column app_private.mail_outbox.last_error is 'Why the last attempt failed, or why it was given up.';

drop function if exists app_hidden.take_mail(integer);
drop function if exists app_hidden.settle_mail(uuid, text);

alter table app_public.workspace_invitations add column if not exists mailed_at timestamptz;
comment on column app_public.workspace_invitations.mailed_at is 'When a mail with a token was last put on its way; null when none was.';
-- serves: the invitations of an address, for its account
create index if not exists workspace_invitations_email_idx on app_public.workspace_invitations (email) where accepted_at is null;

do $$
begin
  if to_regtype('app_public.my_invitation') is null then
    create type app_public.my_invitation as (
      id uuid,
      workspace_name text,
      role app_public.member_role,
      invited_by text,
      created_at timestamptz,
      expires_at timestamptz
    );
  end if;
end
$$;
comment on type app_public.my_invitation is 'An open invitation to the caller''s own address.';
comment on column app_public.my_invitation.id is 'For acceptMyInvitation and declineInvitation.';
comment on column app_public.my_invitation.workspace_name is 'The workspace to join. Text of a stranger: show it as text.';
comment on column app_public.my_invitation.role is 'Role that acceptance gives.';
comment on column app_public.my_invitation.invited_by is 'Name of the person who invited; null when that account is gone. Text of a stranger.';
comment on column app_public.my_invitation.created_at is 'When it was first made.';
comment on column app_public.my_invitation.expires_at is 'When it stops working.';

-- changes rows of app_private.settings
-- changes rows of app_public.audit_logs
update app_private.settings set description = 'Least time between two mails to one mailbox, of whatever kinds.' where name = 'mail_pause_seconds';
update app_private.settings set description = 'How long it stays on record that a mail was sent, or given up; at least a day.' where name = 'mail_keep_days';
insert into app_private.settings (name, value, unit, description) values
  ('mail_delivery', 'on', 'on or off', 'Whether workers can deliver mail. They say so when they start: off when there is no MAIL_URL in production.'),
  ('account_mails_per_day', '20', 'count', 'Most mails for a new password or to verify an address, to one mailbox in 24 hours.'),
  ('notice_mails_per_day', '50', 'count', 'Most notices to one mailbox in 24 hours.'),
  ('invitation_mails_per_day', '5', 'count', 'Most invitations by mail to one mailbox in 24 hours, from all workspaces.'),
  ('invitation_mails_per_inviter', '100', 'count', 'Most invitations by mail of one account in 24 hours.'),
  ('invitation_mails_per_workspace', '200', 'count', 'Most invitations by mail of one workspace in 24 hours.')
on conflict (name) do nothing;
