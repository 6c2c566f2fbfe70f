-- What a new version will take, before anything is spent. Reads chunks once for their tokens, writes nothing.
create or replace function app_public.estimate_embedding_version(
  version_id uuid default null, dimensions integer default null, price_per_million_tokens numeric default 0
)
returns app_public.embedding_estimate
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  version app_public.embedding_versions;
  result app_public.embedding_estimate;
begin
  perform app_private.require_administrator();
  if version_id is not null then
    select v.* into version from app_public.embedding_versions v where v.id = version_id;
    if version.id is null then
      raise exception 'There is no such embedding version.' using errcode = 'CQ204', hint = 'List embeddingVersions.';
    end if;
    dimensions := version.dimensions;
  end if;
  if dimensions is null or dimensions not between 1 and 4000 then
    raise exception 'A version has 1 to 4000 dimensions, not %.', dimensions using errcode = 'CQ200', hint = 'Name a version or its dimensions.';
  end if;
  price_per_million_tokens := coalesce(price_per_million_tokens, 0);
  if price_per_million_tokens not between 0 and 1000000 then
    raise exception 'A price is 0 to 1,000,000, not %.', price_per_million_tokens using errcode = 'CQ200', hint = 'Give US dollars per million tokens.';
  end if;

  select count(*), coalesce(sum(c.token_count), 0) into result.chunks, result.tokens from app_public.chunks c;
  result.cost_usd := round(result.tokens * price_per_million_tokens / 1000000, 6);
  select b.table_bytes, b.index_bytes into result.table_bytes, result.index_bytes
  from app_private.embedding_bytes(dimensions, result.chunks) as b;
  result.disk_bytes := result.table_bytes + result.index_bytes;
  -- minutes in which something was done: pauses say nothing about speed
  select sum(r.tokens) / (60.0 * count(distinct r.minute)) into result.tokens_per_second
  from app_hidden.embedding_rates r
  join app_public.embedding_versions v on v.id = r.version_id
  where r.minute > now() - interval '30 days'
  group by (v.provider, v.model) is not distinct from (version.provider, version.model)
  order by (v.provider, v.model) is not distinct from (version.provider, version.model) desc
  limit 1;
  result.tokens_per_second := round(coalesce(nullif(result.tokens_per_second, 0), app_hidden.setting('embedding_tokens_per_second')::numeric), 1);
  result.seconds := ceil(result.tokens / greatest(result.tokens_per_second, 0.1));
  return result;
end
$$;
comment on function app_public.estimate_embedding_version(uuid, integer, numeric) is
  'What a version, or one of so many dimensions, will take: chunks, tokens, cost, disk and time. Administrators of the installation only. Errors: CQ101, CQ121, CQ200 unusable argument, CQ204 no such version.';
grant execute on function app_public.estimate_embedding_version(uuid, integer, numeric) to colloquy_admin;
