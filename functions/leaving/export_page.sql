-- The next rows of a part, each as one line of JSON, each page in a transaction of its own: nothing is held open for a slow reader.
-- after is the key of the last line; without a key the part is small, or has no order of its own, and comes in pages by place.
create or replace function app_hidden.export_page(of_person uuid, of_part text, after text default null, max_rows integer default 1000)
returns table (key text, line text)
language plpgsql
stable
security definer
rows 1000
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted record;
begin
  perform app_private.require_export(of_person);
  perform app_private.require_batch(max_rows);
  select p.* into wanted from app_private.export_parts() as p where p.part = of_part;
  if wanted.key is not null then
    return query execute format(
      'select t.%1$I::text, (to_jsonb(t) - $4)::text from %2$s as t where (%3$s) and t.%1$I > $2::uuid order by t.%1$I limit $3',
      wanted.key, wanted.source, wanted.predicate
    )
    using of_person, coalesce(after, '00000000-0000-0000-0000-000000000000'), max_rows, wanted.hidden;
  else
    return query execute format(
      'select l.line, l.line from (select (to_jsonb(t) - $4)::text as line from %1$s as t where %2$s) as l
       where $2 is null or l.line > $2 order by l.line limit $3',
      wanted.source, wanted.predicate
    )
    using of_person, after, max_rows, wanted.hidden;
  end if;
end
$$;
comment on function app_hidden.export_page(uuid, text, text, integer) is
  'Rows of a part of a person''s archive. Errors: CQ101 not signed in, CQ110 not with an API key, CQ200, CQ204 not the own account.';
grant execute on function app_hidden.export_page(uuid, text, text, integer) to colloquy_user, colloquy_admin;
