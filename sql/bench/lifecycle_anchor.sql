-- By hand: a table of the same columns and indexes, to which rows are moved, and one that shows what they take.
create schema if not exists bench authorization colloquy_owner;
create table bench.moved (like app_public.messages including defaults including generated including constraints including indexes);
create table bench.rows (like app_public.messages including defaults including generated including constraints including indexes);
do $functions$
declare
  names text;
  target text;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into names
  from pg_attribute a
  where a.attrelid = 'app_public.messages'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  foreach target in array array['moved', 'rows'] loop
    execute format(
      'create function bench.copy_to_%1$s(ids uuid[]) returns void language sql as
       $sql$ insert into bench.%1$s (%2$s) select %2$s from app_public.messages m where m.conversation_id = any (ids) $sql$', target, names
    );
  end loop;
end
$functions$;
