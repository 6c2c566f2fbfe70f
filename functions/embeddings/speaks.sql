-- Of the neighbours of a message only what a person or a model says counts, not that of a tool or of the system, nor an imported answer that
-- only calls a tool or writes a document: [tool: web_search], [canvas: Trip plan].
create or replace function app_private.speaks(role app_public.message_role, content text)
returns boolean
language sql
immutable
parallel safe
as $$
  select speaks.role in ('user', 'assistant') and speaks.content ~ '\S'
    and not (
      speaks.role = 'assistant' and speaks.content ~ '^\[(tool|canvas|artifact|file): '
      and speaks.content ~ '^(\[(tool|canvas|artifact|file): [^\n]*\]\s*)+$'
    );
$$;
comment on function app_private.speaks(app_public.message_role, text) is 'Whether a message is one of a person or a model, with a text.';
