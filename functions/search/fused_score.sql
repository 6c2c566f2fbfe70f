-- Fusion: a weighted sum of both scores, each from 0 to 1: how similar a passage is, and how much of what the words could give it has. The
-- similarity is taken as it is and not stretched between the least and the most similar, so a model that finds all texts alike has
-- no say (docs/decisions/fusion.md). Without a set clause, so that it is inlined.
create or replace function app_private.fused_score(vector_weight real, vector_score real, text_weight real, text_score real)
returns real
language sql
immutable
as $$
  select coalesce(vector_weight * greatest(vector_score, 0), 0) + coalesce(text_weight * text_score, 0);
$$;
comment on function app_private.fused_score(real, real, real, real) is 'The score of a passage in a hybrid search, by those of its legs; null is not found there.';
