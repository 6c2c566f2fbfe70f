--! Previous: sha1:3348d9157a64109dba70f3f566a58cab72cd77d8
--! Hash: sha1:fab0efd59227fb7e2b554476ae3c267db565baeb
--! Message: described values

--! split: 1-current.sql
-- The migration in hand: tables, columns, indexes, data moves. What functions/ holds is applied after it by itself.

--! split: 20-described-values.sql
-- What each value of an enum means: lines "@value name words" of the type's comment, which GraphQL shows with the value.
comment on type app_public.user_role is 'Role in the whole installation.
@value user Works in workspaces.
@value moderator As user: has no rights of its own yet.
@value admin Administers the installation: accounts, models, quotas.';
comment on type app_public.member_role is 'owner and admin manage a workspace, member writes, viewer only reads.
@value owner Manages the workspace, its owners included, and may delete it.
@value admin Manages the workspace and its members, owners excepted.
@value member Reads and writes.
@value viewer Only reads.';
comment on type app_public.visibility is 'Who may read a row besides its owner: nobody, or the members of its workspace.
@value private Its owner alone.
@value workspace Every member of its workspace.';
comment on type app_public.storage_tier is 'hot: recent or often read. warm: older. cold: rarely read, searched only when asked or when the others return too little.
@value hot Recent or often read: in tables.
@value warm Older: packed.
@value cold Rarely read: searched only when asked, or when the others return too little.';
comment on type app_public.message_role is 'Who speaks.
@value user A person.
@value assistant A model.
@value system Instructions for the model.
@value tool What a tool returned.';
comment on type app_public.message_status is 'complete, still streaming, or failed.
@value complete All of it is there.
@value streaming It is being written: more may come.
@value failed It ended before it was complete.';
comment on type app_public.conversation_channel is 'Where a conversation takes place.
@value api A program.
@value web A page.
@value slack Slack.
@value cli A terminal.';
comment on type app_public.source_type is 'What a chunk was cut from.
@value document A document.
@value message A message of a conversation.
@value memory A memory.
@value event An event of another system.';
comment on type app_public.search_mode is 'hybrid fuses vector and text ranks; vector and text use one leg alone.
@value hybrid By meaning and by words.
@value vector By meaning alone.
@value text By words alone.';
comment on type app_public.embedding_version_status is 'building, active (exactly one), retired or archived.
@value building Its vectors are being made.
@value active Searches use it: exactly one is.
@value retired It was active, and can be again.
@value archived Its vectors are gone.';
comment on type app_public.processing_status is 'pending, processing, completed or failed.
@value pending It waits.
@value processing It is being worked on.
@value completed It is done.
@value failed It was given up; error says why.';
comment on type app_public.repository_source_type is 'Where the files of a repository come from.
@value git A git checkout.
@value local A folder.
@value repomix A packed file of Repomix.
@value upload Files that were uploaded.';
comment on type app_public.memory_source_type is 'What a memory was learned from.
@value chat A message or a conversation.
@value document A document.
@value manual Somebody or some program said it.
@value event An event of another system.';
comment on type app_public.memory_change is 'What happened to a memory.
@value remembered It is new.
@value merged It was said again.
@value superseded A newer value of its subject took its place.
@value forgotten Its owner had it forgotten.';
comment on type app_public.taggable_type is 'What can have a tag.
@value document A document.
@value repository A repository.
@value conversation A conversation.
@value memory_item A memory.';
comment on type app_public.retention_kind is 'What a retention policy or a legal hold is about. hot_conversations and warm_conversations say how long a conversation rests before it is packed, and before it is cold: nothing is deleted by those.
@value conversations Conversations with their messages.
@value documents Documents.
@value files Files.
@value memory_items Memories.
@value raw_events Events of other systems.
@value usage_logs What was used and what it cost.
@value audit_logs The audit log.
@value conversation_analytics Figures about conversations.
@value hot_conversations How long a conversation rests before it is packed.
@value warm_conversations How long a packed conversation rests before it is cold.';
comment on type app_public.tool_call_status is 'requested, then approved or denied; an approved one runs and succeeds or fails.
@value requested The model asks for it.
@value approved It may run.
@value denied It may not run.
@value running It runs.
@value succeeded It ended well; result has what it returned.
@value failed It ended badly; error says why.';
comment on type app_public.feedback_type is 'Thumbs up, neither, or thumbs down.
@value positive Thumbs up.
@value neutral Neither.
@value negative Thumbs down.';
comment on type app_public.budget_scope is 'What a budget is for: one member, or the whole workspace.
@value user One member.
@value workspace All members together.';
comment on type app_public.budget_period is 'When a budget begins anew, in UTC.
@value day Every day.
@value month On the first of a month.';
comment on type app_public.analytics_period is 'What figures are added up over: a day or a month, in UTC.
@value day A day.
@value month A month.';
comment on type app_public.search_size_class is 'How many passages a workspace has: tiny up to 500, small up to 5,000, middle up to 20,000, big up to 100,000, giant above.
@value tiny Up to 500 passages.
@value small Up to 5,000 passages.
@value middle Up to 20,000 passages.
@value big Up to 100,000 passages.
@value giant More than 100,000 passages.';
comment on type app_public.recall_source is 'What a measurement asked: vectors of real searches, or vectors near those of stored passages where there are too few of those.
@value sample Vectors of real searches.
@value stored Vectors near those of stored passages.';
comment on type app_public.search_leg_state is 'used, or left_out of a search.
@value used It was searched by.
@value left_out It was not; reason says why.';
comment on type app_public.evaluation_source is 'Where the questions of an evaluation come from: "answers", what users asked and their answers cited; "passages", a sentence of a passage that asks for its passage.
@value answers What users asked, and their answers cited.
@value passages A sentence of a passage that asks for its passage.';
comment on type app_public.evaluation_verdict is 'How one embedding version does beside another; "unjudged" with too few questions.
@value better It finds more.
@value alike It finds as much.
@value worse It finds less.
@value unjudged There were too few questions.';
comment on type app_public.hold_scope is 'How much of a workspace a legal hold keeps.
@value workspace All of it.
@value conversation One conversation.
@value document One document.
@value person What one person has in it.';
comment on type app_public.webhook_delivery_status is 'How far a delivery is: it waits for its next attempt, was accepted, or was given up.
@value waiting It waits for its next attempt.
@value delivered It was accepted.
@value dead It was given up.';

comment on column app_public.messages.parts is
  'The same content as typed parts, for clients that use them: an array of objects with "type", as [{"type": "text", "text": "…"}]. Kept as it is given; searched is the content.';
comment on column app_public.messages.attachments is
  'Attachments, as an array of objects: {"fileId": "…", "name": "report.pdf", "mimeType": "application/pdf"}. Kept as it is given.';
