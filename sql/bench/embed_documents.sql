-- The documents of one round, all different, on tenants of Zipf sizes.
insert into app_public.documents (workspace_id, owner_id, title, content)
select m.workspace_id, m.user_id, format('Document %s of round %s', d.n, :round), bench.text(300, d.n)
from (
  -- a place is drawn for each document, not for each pair of a document and a tenant
  select n, floor(power(:tenants, random()))::integer as place from generate_series(1, :documents) as n offset 0
) as d
join (
  select m.workspace_id, m.user_id, row_number() over (order by m.workspace_id) as place from app_public.workspace_members m
) as m on m.place = d.place;
