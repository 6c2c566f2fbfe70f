-- Chat text of natural length: lognormal, a median of 40 words for questions, 120 for answers, at most 2,000 words.
create schema bench authorization colloquy_owner;

create function bench.text(median_words integer, seed bigint)
returns text
language sql
volatile
as $$
  with vocabulary as (
    select array[
      'the', 'a', 'of', 'to', 'and', 'in', 'that', 'is', 'it', 'for', 'on', 'with', 'as', 'this', 'be', 'not', 'are', 'query', 'index', 'table', 'row',
      'message', 'answer', 'question', 'model', 'vector', 'search', 'partition', 'conversation', 'because', 'however', 'therefore', 'database', 'tenant',
      'recall', 'latency', 'kitten', 'bicycle', 'weather', 'invoice', 'customer', 'deadline', 'garden', 'recipe', 'travel', 'budget', 'contract', 'design'
    ] as words
  )
  select string_agg(words[1 + floor(power(random(), 2) * cardinality(words))::integer], ' ')
  from vocabulary, generate_series(1, least(2000, greatest(1, round(median_words * exp(0.9 * random_normal())))::integer)) as n
  where seed is not null;
$$;
