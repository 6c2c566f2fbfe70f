-- How long the text of a document is, for who reads it in pieces. Without a set clause, so that it is inlined.
create or replace function app_public.documents_length(document app_public.documents)
returns integer
language sql
stable
parallel safe
return char_length(document.content);
comment on function app_public.documents_length(app_public.documents) is 'Characters of the text.';
grant execute on function app_public.documents_length(app_public.documents) to colloquy_user, colloquy_admin;
