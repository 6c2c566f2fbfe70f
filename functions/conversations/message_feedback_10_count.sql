-- After each statement: carries thumbs into the counters of the conversations, with one update each. Security definer: the
-- counters are granted to nobody.
create or replace function app_private.count_message_feedback()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  changed record;
begin
  for changed in
    execute format(
      'select f.conversation_id, sum(f.sign * (f.feedback_type = ''positive'')::integer) as positive, sum(f.sign * (f.feedback_type = ''negative'')::integer) as negative
       from (%s) as f group by f.conversation_id order by f.conversation_id',
      case tg_op
        when 'INSERT' then 'select n.*, 1 as sign from new_feedback n'
        when 'DELETE' then 'select o.*, -1 as sign from old_feedback o'
        else 'select n.*, 1 as sign from new_feedback n union all select o.*, -1 from old_feedback o'
      end
    )
  loop
    update app_public.conversations c
    set positive_feedback = c.positive_feedback + changed.positive, negative_feedback = c.negative_feedback + changed.negative
    where c.id = changed.conversation_id and (changed.positive <> 0 or changed.negative <> 0);
  end loop;
  return null;
end
$$;
comment on function app_private.count_message_feedback() is 'Trigger: keeps positive_feedback and negative_feedback of conversations.';

create or replace trigger message_feedback_10_count_inserted
after insert on app_public.message_feedback referencing new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_updated
after update on app_public.message_feedback referencing old table as old_feedback new table as new_feedback
for each statement execute function app_private.count_message_feedback();

create or replace trigger message_feedback_10_count_deleted
after delete on app_public.message_feedback referencing old table as old_feedback
for each statement execute function app_private.count_message_feedback();
