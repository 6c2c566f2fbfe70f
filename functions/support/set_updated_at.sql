-- Before-update trigger of tables with updated_at; each trigger names the columns that a person changes, so that
-- bookkeeping does not look like an edit.
create or replace function app_hidden.set_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end
$$;
comment on function app_hidden.set_updated_at() is 'Trigger: stamps updated_at.';

create or replace trigger users_90_set_updated_at
before update of email, username, first_name, last_name, display_name, avatar_url, role, preferred_model_provider, preferred_model_name, is_active
on app_public.users for each row execute function app_hidden.set_updated_at();

create or replace trigger workspaces_90_set_updated_at
before update of name, slug, settings
on app_public.workspaces for each row execute function app_hidden.set_updated_at();

create or replace trigger conversations_90_set_updated_at
before update of title, visibility, is_archived, pinned_at, model_provider, model_name, temperature, max_tokens, system_prompt, metadata,
  enable_document_chat, enable_image_generation, enable_web_search
on app_public.conversations for each row execute function app_hidden.set_updated_at();

create or replace trigger documents_90_set_updated_at
before update of title, content, content_type, code_language, text_search_language, visibility, source_url, is_archived, metadata
on app_public.documents for each row execute function app_hidden.set_updated_at();

create or replace trigger rag_configurations_90_set_updated_at
before update of name, description, system_prompt, model_provider, model_name, temperature, max_tokens, chunks_to_retrieve,
  similarity_threshold, retrieval_type, is_active, is_default
on app_public.rag_configurations for each row execute function app_hidden.set_updated_at();

create or replace trigger system_prompt_templates_90_set_updated_at
before update of name, category, template, variables, is_public
on app_public.system_prompt_templates for each row execute function app_hidden.set_updated_at();

create or replace trigger usage_budgets_90_set_updated_at
before update of token_limit, cost_limit_usd
on app_public.usage_budgets for each row execute function app_hidden.set_updated_at();

create or replace trigger repositories_90_set_updated_at
before update of name, description, repo_url, visibility, is_archived, metadata
on app_public.repositories for each row execute function app_hidden.set_updated_at();
