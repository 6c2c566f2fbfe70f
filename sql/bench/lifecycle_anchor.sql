-- By hand: a table of the same columns and indexes, to which rows are moved.
create schema if not exists bench authorization colloquy_owner;
create table bench.moved (like app_public.messages including defaults including generated including constraints including indexes);
do $function$
declare
  names text;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into names
  from pg_attribute a
  where a.attrelid = 'app_public.messages'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute format(
    'create function bench.copy_to_moved(ids uuid[]) returns void language sql as
     $sql$ insert into bench.moved (%1$s) select %1$s from app_public.messages m where m.conversation_id = any (ids) $sql$', names
  );
end
$function$;
