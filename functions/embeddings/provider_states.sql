-- What an operator sees of the providers of passages: which are left alone, why and until when, and how much is under way.
-- It shows no tenant. Not for users: a reason may name what only operators should know.
create or replace function app_public.provider_states()
returns table (
  provider text, state text, reason text, paused_at timestamptz, paused_until timestamptz, requests_left double precision,
  tokens_left double precision, open_claims bigint, claimed_tokens bigint
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select n.provider,
    case
      when p.paused_until > clock_timestamp() and p.kind = 'outage' then 'circuit open'
      when p.paused_until > clock_timestamp() and p.kind = 'misconfigured' then 'misconfigured'
      when p.paused_until > clock_timestamp() then 'paused'
      when p.kind = 'outage' then 'circuit half open'
      else 'open for requests'
    end,
    p.reason, p.paused_at, p.paused_until, r.requests, r.tokens, coalesce(k.open_claims, 0), coalesce(k.claimed_tokens, 0)
  from (
    select v.provider from app_public.embedding_versions v where v.status in ('building', 'active')
    union
    select q.provider from app_hidden.provider_pauses q
  ) as n
  left join app_hidden.provider_pauses p on p.provider = n.provider
  left join app_hidden.provider_rates r on r.provider = n.provider
  left join lateral (
    select count(*) as open_claims, sum(c.tokens)::bigint as claimed_tokens
    from app_hidden.embedding_claims c
    join app_public.embedding_versions v on v.id = c.version_id and v.provider = n.provider
    where c.abandoned_at is null
  ) as k on true
  order by n.provider;
$$;
comment on function app_public.provider_states() is
  'Per provider of embeddings: whether it is asked, paused or its circuit open, why and until when; what its rate limit had left when it was last asked; and requests under way.';
grant execute on function app_public.provider_states() to colloquy_admin, colloquy_worker, colloquy_monitor;
