-- What visitors asked for by mail (request_password_reset, register), answered by the job that delivers mail. Only the mailbox
-- learns whether there is an account. A request is answered once: it goes in the transaction that writes its mail.
create or replace function app_hidden.answer_account_requests(max_requests integer default 20)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  request app_private.account_requests;
  answered integer := 0;
begin
  perform app_private.require_batch(max_requests);
  for request in
    delete from app_private.account_requests r
    where r.id in (select e.id from app_private.account_requests e order by e.id limit max_requests for update skip locked)
    returning r.*
  loop
    -- what is logged belongs to the request
    perform set_config('colloquy.client_ip', coalesce(host(request.ip), ''), true),
      set_config('colloquy.request_id', coalesce(request.request_id, ''), true);
    if request.kind = 'reset' then
      perform app_private.answer_reset(request.email::text);
    else
      perform app_private.answer_registration(request);
    end if;
    answered := answered + 1;
  end loop;
  return answered;
end
$$;
comment on function app_hidden.answer_account_requests(integer) is 'Answers requests for a new password or an account by mail, at most so many. Returns how many. For the job.';
grant execute on function app_hidden.answer_account_requests(integer) to colloquy_worker;
