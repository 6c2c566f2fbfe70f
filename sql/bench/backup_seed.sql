-- Rows as passages are: text of natural length beside a vector; 2,000 texts, each with words of its own in front.
create table bench.passages (id integer primary key, content text not null, embedding extensions.halfvec(256) not null);
with texts as materialized (select n, bench.text(120, n) as content from generate_series(0, 1999) as n)
insert into bench.passages
select g, md5(g::text) || ' ' || md5((g * 7)::text) || ' ' || t.content, (
    select array_agg(round((sin(g * 0.001 + d) + random() * 0.2)::numeric, 4)::real) from generate_series(1, 256) as d
  )::extensions.halfvec(256)
from generate_series(1, :rows) as g
join texts t on t.n = g % 2000;
