-- How much each workspace holds and uses, for the administrators of the installation: counts and bytes, and never a name, title or
-- text of a tenant. Security definer: an administrator reads no tenant's rows.
create or replace function app_public.installation_usage(max_rows integer default 100, skip integer default 0)
returns table (
  workspace_id uuid, owner_id uuid, members bigint, documents bigint, conversations bigint, messages bigint, passages bigint, files bigint,
  file_bytes bigint, stored_bytes bigint, month_tokens bigint, month_cost_usd numeric
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform app_private.require_administrator();
  if not (max_rows between 1 and 1000 and skip >= 0) is true then
    raise exception 'max_rows is from 1 to 1000, and skip from 0 on.' using errcode = 'CQ200', hint = 'Ask page by page.';
  end if;
  return query
  select
    w.id,
    (select m.user_id from app_public.workspace_members m where m.workspace_id = w.id and m.role = 'owner' order by m.joined_at limit 1),
    (select count(*) from app_public.workspace_members m where m.workspace_id = w.id),
    (select count(*) from app_public.documents d where d.workspace_id = w.id),
    c.conversations, c.messages,
    (select coalesce(sum(k.chunk_count), 0)::bigint from app_hidden.chunk_counts k where k.workspace_id = w.id),
    f.files, f.bytes,
    (select coalesce(sum(s.bytes), 0)::bigint from app_private.workspace_storage s where s.workspace_id = w.id),
    u.tokens, u.cost
  from app_public.workspaces w
  cross join lateral (
    select count(*) as conversations, coalesce(sum(v.message_count), 0)::bigint as messages
    from app_public.conversations v where v.workspace_id = w.id
  ) as c
  cross join lateral (
    select count(*) as files, coalesce(sum(x.byte_size), 0)::bigint as bytes from app_public.files x where x.workspace_id = w.id
  ) as f
  cross join lateral (
    select coalesce(sum(l.total_tokens), 0)::bigint as tokens, coalesce(sum(l.cost_usd), 0) as cost
    from app_public.usage_logs l
    where l.workspace_id = w.id and l.id >= app_hidden.uuidv7_floor(app_private.budget_period_start('month', now()))
  ) as u
  order by w.id desc
  limit max_rows offset skip;
end
$$;
comment on function app_public.installation_usage(integer, integer) is
  'What each workspace holds and used this month, the newest first, in counts and bytes. For administrators. Errors: CQ101 not signed in, CQ121 not an administrator, CQ200 unusable argument.
@arg workspace_id The workspace.
@arg owner_id Whose it is: its first owner.
@arg members Its members.
@arg documents Its documents.
@arg conversations Its conversations.
@arg messages Its messages.
@arg passages Passages that its texts were cut into.
@arg files Its files.
@arg file_bytes Bytes of its files.
@arg stored_bytes Bytes that count against its quota.
@arg month_tokens Tokens used this month.
@arg month_cost_usd What they cost, in US dollars.';
grant execute on function app_public.installation_usage(integer, integer) to colloquy_admin;
