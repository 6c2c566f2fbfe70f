-- A piece of the text of a document: what reads a long one page by page moves that page and no more. The row that it is given was read
-- with the caller's rights, and nothing else is read here. Without a set clause, so that it is inlined.
create or replace function app_public.documents_excerpt(document app_public.documents, skip integer default 0, length integer default 20000)
returns text
language sql
stable
parallel safe
return substr(document.content, greatest(coalesce(skip, 0), 0) + 1, least(greatest(coalesce(length, 20000), 0), 100000));
comment on function app_public.documents_excerpt(app_public.documents, integer, integer) is
  'A piece of the text: "length" characters (20,000, at most 100,000) after the first "skip".
@arg skip How many characters to pass over. Default: 0.
@arg length How many characters, at most 100,000. Default: 20,000.';
grant execute on function app_public.documents_excerpt(app_public.documents, integer, integer) to colloquy_user, colloquy_admin;
