-- The network that a request comes from, as the API states its address. Of IPv6 the first 64 bits: one household or server has
-- as many addresses below them as it likes. 0.0.0.0 where there is none: a command, or SQL.
create or replace function app_private.client_network()
returns cidr
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    case family(claim.ip) when 6 then network(set_masklen(claim.ip, 64)) else network(set_masklen(claim.ip, 32)) end,
    '0.0.0.0/32'::cidr
  )
  from (values (nullif(current_setting('colloquy.client_ip', true), '')::inet)) as claim (ip);
$$;
comment on function app_private.client_network() is 'The address of the request, of IPv6 its network of 64 bits.';
