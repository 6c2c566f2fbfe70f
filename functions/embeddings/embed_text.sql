-- What a vector is made of: the text of a passage under its headings, of a message with what came before it. The one place that says so, for the active version and those
-- that are filled behind it. Passages with the same lead-in, heading and content have the same hash (text_hash) and share their
-- vector, so it must never depend on anything else. What a model cannot use is left out later, by the worker (models/strip-noise.ts).
create or replace function app_hidden.embed_text(lead_in text, heading text, content text)
returns text
language sql
stable
parallel safe
return concat_ws(E'\n', lead_in, heading, content);
comment on function app_hidden.embed_text(text, text, text) is 'The text of a passage whose vector is computed.';
grant execute on function app_hidden.embed_text(text, text, text) to colloquy_worker;
