/** What was decided about each table, column and function, beside what the triggers keep. What is new fails the test until it is decided. */

const AUDITED = 'the audit log has each of its values';
const DERIVED = 'computed from what is kept';
const BOOKKEEPING = 'says how far work has come, or what it costs';
const ACCESS = 'says who may do what; that must go on being taken away';

const ERASURE = 'erase-some.test.ts: an erasure is refused under a hold, and waits for one that comes later';

const IMPORTED_AGAIN = 'importing again: test/import/conversations-found-afterwards.test.ts';

/** Tables of a workspace whose rows legal holds do not keep, and why. */
export const FREE_TABLES: Record<string, string> = {
  'app_hidden.analytics_changes': BOOKKEEPING,
  'app_hidden.budget_spending': BOOKKEEPING,
  'app_hidden.chunk_counts': DERIVED,
  'app_hidden.conversation_files':
    'goes with its archive, which is kept, or when its documents are all in the database again',
  'app_hidden.cutting_failures': BOOKKEEPING,
  'app_hidden.unindexed_conversations': BOOKKEEPING,
  'app_hidden.discarded_contents':
    'bytes of files that are gone; find_discarded_contents passes over those that are held',
  'app_hidden.embedding_backlog': BOOKKEEPING,
  'app_hidden.embedding_claims': BOOKKEEPING,
  'app_hidden.embedding_counts': DERIVED,
  'app_hidden.embedding_failures': BOOKKEEPING,
  'app_hidden.embedding_refusals': BOOKKEEPING,
  'app_hidden.indexing_rates': BOOKKEEPING,
  'app_hidden.message_idempotency_keys': BOOKKEEPING,
  'app_hidden.passage_checks': BOOKKEEPING,
  'app_hidden.raw_event_keys': BOOKKEEPING,
  'app_hidden.search_samples': BOOKKEEPING,
  'app_hidden.streaming_messages': BOOKKEEPING,
  'app_hidden.streaming_parts': 'becomes the content of its message, which is kept from then on',
  'app_hidden.tier_passes': BOOKKEEPING,
  'app_hidden.usage_holds': BOOKKEEPING,
  'app_hidden.user_activity': DERIVED,
  'app_hidden.word_samples': DERIVED,
  'app_hidden.workspace_words': DERIVED,
  'app_private.mail_outbox': BOOKKEEPING,
  'app_private.workspace_quotas': BOOKKEEPING,
  'app_private.workspace_storage': DERIVED,
  'app_public.api_keys': ACCESS,
  'app_public.audit_logs':
    'nobody changes it: audit_logs_00_append_only; its partitions: require_unheld_partition',
  'app_public.chunks': DERIVED,
  'app_public.conversation_reads': BOOKKEEPING,
  'app_public.conversation_shares': ACCESS,
  'app_public.embeddings': DERIVED,
  'app_public.legal_holds': 'a trigger of its own: legal_holds_00_keep',
  'app_public.rag_configuration_performance': DERIVED,
  'app_public.rag_configuration_versions': AUDITED,
  'app_public.rag_configurations': AUDITED,
  'app_public.retention_policies': AUDITED,
  'app_public.system_prompt_templates': AUDITED,
  'app_public.usage_budgets': AUDITED,
  'app_public.usage_reservations': BOOKKEEPING,
  'app_public.webhook_deliveries': BOOKKEEPING,
  'app_public.workspace_exports': BOOKKEEPING,
  'app_public.webhooks': AUDITED,
  'app_public.workspace_invitations': ACCESS,
  'app_public.workspace_members': ACCESS,
};

/** Columns of covered tables that go on changing: bookkeeping, settings, and what has a history of its own. */
export const FREE_COLUMNS: Record<string, string> = {
  'app_hidden.agent_checkpoint_writes': 'task_path',
  'app_hidden.cited_passages': 'owner_id visibility',
  'app_hidden.conversation_archive_parts': 'stored_bytes',
  'app_hidden.conversation_archives': 'packed_at',
  'app_public.conversation_analytics':
    'rag_configuration_id message_count user_message_count assistant_message_count system_message_count tool_message_count edit_count regeneration_count failed_count relevance_count total_relevance_score response_count total_response_time_ms median_response_time_ms p95_response_time_ms prompt_tokens completion_tokens total_tokens cost_usd positive_feedback neutral_feedback negative_feedback satisfaction_points peak_hour first_message_at last_message_at computed_at',
  'app_public.conversations':
    'visibility model_provider model_name temperature max_tokens enable_document_chat enable_image_generation enable_web_search message_count total_tokens_used total_cost_usd total_response_time_ms response_count positive_feedback negative_feedback last_sequence_number indexed_sequence_number last_message_id last_message_at last_message_hour max_messages is_archived is_auto_archived storage_tier is_temporary expires_at pinned_at summary summary_until_message_id updated_at rag_configuration_id preferred_leaf_id indexed_leaf_id',
  'app_public.documents': 'visibility text_search_language chunked_hash is_archived gone_at updated_at',
  'app_public.entity_tags': 'tagged_at',
  'app_public.files':
    'visibility mime_type processing_status attempts retry_at error error_code extracted_length chunk_count updated_at',
  'app_public.generated_images': 'generation_time_ms',
  'app_public.memory_item_changes': 'undone_at',
  // what becomes of a memory stands in memory_item_changes, with what was before
  'app_public.memory_items':
    'visibility chunked_hash importance access_count last_accessed_at expires_at validity superseded_by forgotten_at updated_at',
  'app_public.message_feedback': 'ip user_agent updated_at',
  // parent_id: moving rows between partitions lets go of it for the length of a transaction
  'app_public.messages': 'status parent_id processing_time_ms relevance_score embedding_version_id',
  'app_public.raw_events':
    'visibility processing_status attempts retry_at error processed_at knowledge_hash replay_requested_at',
  'app_public.repositories': 'visibility is_archived updated_at',
  'app_public.repository_documents': 'added_at',
  'app_public.tool_calls': 'status updated_at',
};

/** Functions that delete or change what is kept, and are not tried by themselves in legal-holds-paths.test.ts: where they are. */
export const TRIED_ELSEWHERE: Record<string, string> = {
  'app_hidden.recall_part': 'fills in what was empty',
  'app_hidden.store_conversation': 'test/operations/cold/cold-storage.test.ts',
  'app_hidden.delete_ended_exports': 'test/jobs/export-workspace.test.ts: passes over files that are held',
  'app_private.archive_version': 'drops partitions of vectors, which are computed',
  'app_private.cleanup_test_data': 'deletes from covered tables by plain statements, which are tried',
  'app_hidden.drop_partition':
    'calls require_unheld_partition; a hold keeps the month of a log, and what has rows otherwise stays',
  'app_private.create_range_partition': 'moves rows between partitions: "goes on with maintenance"',
  'app_private.delete_due': 'apply-retention.test.ts: what is held is not due',
  'app_private.make_past_partitions': 'moves rows between partitions, as create_range_partition does',
  'app_private.end_stream': 'append-to-message.test.ts: what is being written is not there yet',
  'app_private.erase_account_rows': ERASURE,
  'app_private.erase_audit_entries': ERASURE,
  'app_private.erase_content': ERASURE,
  'app_private.erase_conversation': ERASURE,
  'app_private.erase_messages': ERASURE,
  'app_private.erase_own_tags': ERASURE,
  'app_private.erase_tool_calls': ERASURE,
  'app_private.erase_usage': ERASURE,
  'app_private.forget_events': 'trigger: tried as the deletion of raw_events',
  'app_private.refresh_imported_events': 'importing an event again: test/import/slack-found.test.ts',
  'app_private.import_attachments': 'fills in the file of a document that it has just made',
  'app_private.pack_conversation': 'tried: "goes on with maintenance"',
  'app_private.take_image_file': 'test/api/images.test.ts: leaves the conversation of a held file as it is',
  'app_private.unpack_conversation': 'tried: "goes on with maintenance"',
  'app_private.propagate_conversation_visibility':
    'trigger: tried as the update of owner_id of conversations',
  'app_hidden.register_attachment': 'fills in the bytes of a file that was described alone',
  'app_private.revise_imported_messages': IMPORTED_AGAIN,
  'app_private.update_written_document': IMPORTED_AGAIN,
  'app_private.remove_tags_of_entities': 'trigger: tried as the deletion of what has tags',
  'app_private.store_conversation_figures':
    'removes days without messages, of which there are none while messages are kept',
  'app_public.delete_workspace': 'delete-workspace.test.ts',
};

/** Mutations of the API that delete or change nothing that is kept, by why. The others are tried in test/api/legal-holds.test.ts. */
export const FREE_MUTATIONS: Record<string, string> = {
  'they add': `addTag putAgentCheckpointWrites appendToMessage branchConversation createApiKey createDocument createEmbeddingVersion createRagConfiguration createRepository
    createSystemPromptTemplate createWebhook createWorkspace editMessage exportMyData exportWorkspace finishMessage importConversation importEvents ingestEvent makeRecoveryCodes placeLegalHold
    postMessage recordImage recordTurn regenerateAnswer register requestToolCall reserveUsage saveMessages shareConversation startAnswer startConversation testWebhook`,
  'they change no value that is kept': `activateEmbeddingVersion answerToolCall archiveConversation archiveEmbeddingVersion chooseBranch makeTemporary
    markRead redeliverWebhooks redriveEmbeddings releaseLegalHold replayEvents restoreConversation retryEvents retryFile setVectorWeight settleUsage useMemories`,
  'their history is kept': 'forget remember undoMemory',
  'the audit log has what was there': `changeMemberRole deleteRagConfiguration deleteRagConfigurationByNodeId deleteSystemPromptTemplate
    deleteSystemPromptTemplateByNodeId deleteUsageBudget deleteUsageBudgetByNodeId deleteWebhook renameWorkspace rotateWebhookSecret setDefaultRagConfiguration setRetentionPolicy
    setUsageBudget setWorkspaceLanguage setWorkspaceQuota setWorkspaceRules updateRagConfiguration updateRagConfigurationByNodeId
    updateSystemPromptTemplate updateSystemPromptTemplateByNodeId updateUsageBudget updateUsageBudgetByNodeId updateWebhook`,
  'erase-some.test.ts: they are refused': 'deleteMyAccount eraseUser',
  'they give or take access': `acceptInvitation acceptMyInvitation declineInvitation handOverInvitation inviteAccount inviteMember leaveWorkspace
    removeMember revokeApiKey revokeInvitation revokeShare transferOwnership`,
  'they are about accounts': `addPasskey addSecondFactor challengePasskey changePassword confirmEmailChange confirmPasskey confirmSecondFactor confirmSignIn endAccountSessions endIdentity
    proveIdentity removePasskey removeSecondFactor removeSecondFactorOf renamePasskey requestEmailChange requestEmailVerification requestPasswordReset
    resetAccountPassword resetPassword revokeOtherSessions revokeSession setAccountActive setAccountQuota setAccountRole signIn signInWithPasskey signOut
    updateUser updateUserByNodeId verifyEmail`,
};
