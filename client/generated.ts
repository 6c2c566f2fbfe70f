// Made of client/operations.graphql and schema.graphql by tools/client-operations.ts: not to be edited.
import type { Document } from './client.ts';
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** An input for mutations affecting `AgentCheckpointWrite` */
export type AgentCheckpointWriteInput = {
  /** What was written to. */
  channel?: string | null | undefined;
  /** The value, in base64. */
  content?: string | null | undefined;
  /** The task that wrote it. */
  taskId?: string | null | undefined;
  /** Where the task is in its graph; writes come back in its order. */
  taskPath?: string | null | undefined;
  /** How the content is written, as the serializer says. */
  type?: string | null | undefined;
  /** Its place among the writes of the task; below zero the last one counts, otherwise the first. */
  writeIndex?: number | null | undefined;
};

/** A call of a tool that belongs to an answer. Example: { name: "weather", arguments: { city: "Oslo" }, result: { celsius: 4 } }. */
export type CalledToolInput = {
  /** What it was called with, as an object. Default: nothing. */
  arguments?: unknown;
  /** How long it took, in milliseconds. */
  durationMs?: number | null | undefined;
  /** Why it failed, in words. */
  error?: string | null | undefined;
  /** The tool, as the model calls it: 1 to 200 characters. */
  name: string;
  /** Place within the turn, from 1. Default: the place in this list. */
  position?: number | null | undefined;
  /** What it returned: any JSON. */
  result?: unknown;
  /** How far it is. Default: SUCCEEDED. */
  status?: ToolCallStatus | null | undefined;
  /** Calls of one turn run side by side; turns follow each other, from 1. Default: 1. */
  turn?: number | null | undefined;
};

/** A passage that an answer used, as search returned it. Example: { chunkId: "…", similarityScore: 0.83, score: 0.71 }. */
export type CitationInput = {
  /** The passage: chunkId of a search result. */
  chunkId: string;
  /** The embedding version that found it. Default: the active one. */
  embeddingVersionId?: string | null | undefined;
  /** What the search ordered it by. */
  score?: number | null | undefined;
  /** Cosine similarity to the question, -1 to 1: vectorScore of the search result. */
  similarityScore?: number | null | undefined;
  /** Rank of the text match: textScore of the search result. */
  textScore?: number | null | undefined;
};

/** What the text of a document is: decides how it is cut into chunks. */
export type ContentType =
  /** A program, or data. */
  | 'CODE'
  /** The text of a DOCX, as Markdown. */
  | 'DOCX'
  /** A page. */
  | 'HTML'
  /** Markdown. */
  | 'MARKDOWN'
  /** The text of a PDF, by pages. */
  | 'PDF'
  /** Plain text. */
  | 'TEXT';

/** All input for the `createDocument` mutation. */
export type CreateDocumentInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  /** Programming language, when it is code. */
  codeLanguage?: string | null | undefined;
  /** Text, at most 20 MiB. */
  content: string;
  /** What the text is: decides how it is cut into chunks. */
  contentType?: ContentType | null | undefined;
  /** Anything else, as an object of at most 64 KiB. */
  metadata?: unknown;
  /** Where it came from; unique per owner, so that adding it again updates it. */
  sourceUrl?: string | null | undefined;
  /** Text search configuration of passages whose own language cannot be recognised; simple is that of all. */
  textSearchLanguage?: TextSearchLanguage | null | undefined;
  /** Title, 1 to 500 characters. */
  title: string;
  /** private: only the owner reads it. workspace: every member. */
  visibility?: Visibility | null | undefined;
};

/** The steps of a file on its way to being found. */
export type FileStage =
  /** It is found by its words; passages wait for their vectors. */
  | 'CHUNKED'
  /** It is found by its words and by its meaning. */
  | 'EMBEDDED'
  /** It could not be read. */
  | 'FAILED'
  /** Its text was read; it is being cut into passages. */
  | 'READ'
  /** Its text is being read. */
  | 'READING'
  /** It is stored, and waits. */
  | 'UPLOADED';

/** All input for the `finishMessage` mutation. */
export type FinishMessageInput = {
  /** The passages that the answer used, best first: at most 200. */
  chunks?: Array<CitationInput> | null | undefined;
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  /** Tokens written. */
  completionTokens?: number | null | undefined;
  /** Text, at most 1,000,000 characters. */
  content?: string | null | undefined;
  /** Cost in US dollars. */
  costUsd?: string | null | undefined;
  /** Time from the question to the whole answer, in milliseconds. */
  latencyMs?: number | null | undefined;
  /** The message. */
  messageId: string;
  /** Anything else, as an object. */
  metadata?: unknown;
  /** Model that wrote it. */
  model?: string | null | undefined;
  /** The same content as typed parts, for clients that use them: an array of objects with "type", as [{"type": "text", "text": "…"}]. Kept as it is given; searched is the content. */
  parts?: unknown;
  /** Tokens read. */
  promptTokens?: number | null | undefined;
  /** Provider of the model that wrote it. */
  provider?: string | null | undefined;
  /** How well the chunks it used fit, 0 to 1. */
  relevanceScore?: number | null | undefined;
  /** complete, still streaming, or failed. */
  status?: MessageStatus | null | undefined;
  /** The tools that were called for the answer: at most 200. */
  toolCalls?: Array<CalledToolInput> | null | undefined;
};

/** What holds indexing back. */
export type IndexingHold =
  /** A budget is used up. */
  | 'BUDGET'
  /** Who computes vectors is paused after failures, or for its limits. */
  | 'PROVIDER'
  /** The quota of the month is used up. */
  | 'QUOTA'
  /** The installation has switched paid embedding off. */
  | 'SWITCH';

/** Who speaks. */
export type MessageRole =
  /** A model. */
  | 'ASSISTANT'
  /** Instructions for the model. */
  | 'SYSTEM'
  /** What a tool returned. */
  | 'TOOL'
  /** A person. */
  | 'USER';

/** complete, still streaming, or failed. */
export type MessageStatus =
  /** All of it is there. */
  | 'COMPLETE'
  /** It ended before it was complete. */
  | 'FAILED'
  /** It is being written: more may come. */
  | 'STREAMING';

/** An input for mutations affecting `MessageToSave` */
export type MessageToSaveInput = {
  /** Attachments, as an array of objects; fileId names a file that was uploaded. */
  attachments?: unknown;
  /** What the client calls it: any text of 1 to 190 characters, its own in the conversation. Or the id of a message that was written otherwise. */
  clientId?: string | null | undefined;
  /** Tokens written. */
  completionTokens?: number | null | undefined;
  /** Its text. Without it, the text of the parts of the type "text". */
  content?: string | null | undefined;
  /** Cost in US dollars. */
  costUsd?: string | null | undefined;
  /** Anything else, as an object. */
  metadata?: unknown;
  /** Model that wrote it. */
  model?: string | null | undefined;
  /** Its parts, as an array of objects like {"type": "text", "text": "…"}. */
  parts?: unknown;
  /** Tokens read. */
  promptTokens?: number | null | undefined;
  /** Provider of the model that wrote it. */
  provider?: string | null | undefined;
  /** Who speaks. */
  role?: MessageRole | null | undefined;
};

/** All input for the `putAgentCheckpoint` mutation. */
export type PutAgentCheckpointInput = {
  /** Its id in the thread: 1 to 200 characters. Later ones sort behind earlier ones. */
  checkpointId: string;
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  /** The state, in base64. */
  content: string;
  /** An object that lists are filtered by. */
  metadata?: unknown;
  /** The graph within the graph; empty for the outermost. */
  namespace?: string | null | undefined;
  /** The checkpoint that it follows. */
  parentId?: string | null | undefined;
  /** The thread, as the agent calls it: 1 to 200 characters, your own in the workspace. */
  threadId: string;
  /** How the content is written, as the serializer says. */
  type: string;
};

/** All input for the `putAgentCheckpointWrites` mutation. */
export type PutAgentCheckpointWritesInput = {
  /** The checkpoint that they follow. */
  checkpointId: string;
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  /** The graph within the graph; empty for the outermost. */
  namespace?: string | null | undefined;
  /** The thread, as the agent calls it: 1 to 200 characters, your own in the workspace. */
  threadId: string;
  /** 1 to 1,000 of them. */
  writes: Array<AgentCheckpointWriteInput | null | undefined>;
};

/** An input for mutations affecting `SearchFilter` */
export type SearchFilterInput = {
  /** Only documents of one of these programming languages. */
  codeLanguages?: Array<string | null | undefined> | null | undefined;
  /** Only documents of one of these content types. */
  contentTypes?: Array<ContentType | null | undefined> | null | undefined;
  /** Only messages of this conversation. */
  conversationId?: string | null | undefined;
  /** Only what was made at this time or later: the document, message, memory or event. */
  createdAfter?: string | null | undefined;
  /** Only what was made before this time. */
  createdBefore?: string | null | undefined;
  /** Only this document. */
  documentId?: string | null | undefined;
  /** Whether documents that their owner archived are found with the others. */
  includeArchived?: boolean | null | undefined;
  /** Only what has all of this in its metadata: the document, conversation, memory or event. */
  metadata?: unknown;
  /** Only documents of this repository. */
  repositoryId?: string | null | undefined;
  /** Only what has one of these tags: documents, conversations, memories. */
  tagIds?: Array<string | null | undefined> | null | undefined;
  /** The same by the names of the tags. */
  tags?: Array<string | null | undefined> | null | undefined;
  /** Only texts in one of these languages. */
  textSearchLanguages?: Array<TextSearchLanguage | null | undefined> | null | undefined;
};

/** hybrid fuses vector and text ranks; vector and text use one leg alone. */
export type SearchMode =
  /** By meaning and by words. */
  | 'HYBRID'
  /** By words alone. */
  | 'TEXT'
  /** By meaning alone. */
  | 'VECTOR';

/** How vectors were compared. */
export type SearchPath =
  /** With every one that may be found. */
  | 'EXACT'
  /** By the index. */
  | 'INDEX'
  /** By the index, which found too few; then with every one. */
  | 'INDEX_THEN_EXACT'
  /** Not at all: words alone were asked. */
  | 'NONE';

/** What a chunk was cut from. */
export type SourceType =
  /** A document. */
  | 'DOCUMENT'
  /** An event of another system. */
  | 'EVENT'
  /** A memory. */
  | 'MEMORY'
  /** A message of a conversation. */
  | 'MESSAGE';

/** All input for the `startAnswer` mutation. */
export type StartAnswerInput = {
  /**
   * An arbitrary string value with no semantic meaning. Will be included in the
   * payload verbatim. May be used to track mutations by the client.
   */
  clientMutationId?: string | null | undefined;
  /** The conversation. */
  conversationId: string;
  /** Key of a write that may be retried; unique per conversation. */
  idempotencyKey?: string | null | undefined;
  /** Anything else, as an object. */
  metadata?: unknown;
  /** Model that wrote it. */
  model?: string | null | undefined;
  /** The message it answers, of the same conversation; several children are branches. */
  parentId?: string | null | undefined;
  /** Provider of the model that wrote it. */
  provider?: string | null | undefined;
  /** What was asked: at most 1,000,000 characters. */
  question?: string | null | undefined;
  /** The message that this one is an edit of. */
  replacesId?: string | null | undefined;
};

/** A language whose forms of words are known, so that one finds the others; simple for texts in several or no language. */
export type TextSearchLanguage =
  /** Arabic. */
  | 'ARABIC'
  /** Armenian. */
  | 'ARMENIAN'
  /** Basque. */
  | 'BASQUE'
  /** Catalan. */
  | 'CATALAN'
  /** Danish. */
  | 'DANISH'
  /** Dutch. */
  | 'DUTCH'
  /** English. */
  | 'ENGLISH'
  /** Estonian. */
  | 'ESTONIAN'
  /** Finnish. */
  | 'FINNISH'
  /** French. */
  | 'FRENCH'
  /** German. */
  | 'GERMAN'
  /** Greek. */
  | 'GREEK'
  /** Hindi. */
  | 'HINDI'
  /** Hungarian. */
  | 'HUNGARIAN'
  /** Indonesian. */
  | 'INDONESIAN'
  /** Irish. */
  | 'IRISH'
  /** Italian. */
  | 'ITALIAN'
  /** Lithuanian. */
  | 'LITHUANIAN'
  /** Nepali. */
  | 'NEPALI'
  /** Norwegian. */
  | 'NORWEGIAN'
  /** Portuguese. */
  | 'PORTUGUESE'
  /** Romanian. */
  | 'ROMANIAN'
  /** Russian. */
  | 'RUSSIAN'
  /** Serbian. */
  | 'SERBIAN'
  /** As written: for texts in several or no language. */
  | 'SIMPLE'
  /** Spanish. */
  | 'SPANISH'
  /** Swedish. */
  | 'SWEDISH'
  /** Tamil. */
  | 'TAMIL'
  /** Turkish. */
  | 'TURKISH'
  /** Yiddish. */
  | 'YIDDISH';

/** requested, then approved or denied; an approved one runs and succeeds or fails. */
export type ToolCallStatus =
  /** It may run. */
  | 'APPROVED'
  /** It may not run. */
  | 'DENIED'
  /** It ended badly; error says why. */
  | 'FAILED'
  /** The model asks for it. */
  | 'REQUESTED'
  /** It runs. */
  | 'RUNNING'
  /** It ended well; result has what it returned. */
  | 'SUCCEEDED';

/** Who may read a row besides its owner: nobody, or the members of its workspace. */
export type Visibility =
  /** Its owner alone. */
  | 'PRIVATE'
  /** Every member of its workspace. */
  | 'WORKSPACE';

export type SessionFragment = { token: string, expiresAt: string, userId: string, workspaceId: string };

export type RegisterMutationVariables = Exact<{
  email: string;
  password: string;
  displayName?: string | null | undefined;
}>;


export type RegisterMutation = { register: { authentication: { token: string, expiresAt: string, userId: string, workspaceId: string } | null } | null };

export type SignInMutationVariables = Exact<{
  email: string;
  password: string;
}>;


export type SignInMutation = { signIn: { authentication: { token: string, expiresAt: string, userId: string, workspaceId: string } | null } | null };

export type ConfirmSignInMutationVariables = Exact<{
  challenge: string;
  code: string;
}>;


export type ConfirmSignInMutation = { confirmSignIn: { authentication: { token: string, expiresAt: string, userId: string, workspaceId: string } | null } | null };

export type SignOutMutationVariables = Exact<{ [key: string]: never; }>;


export type SignOutMutation = { signOut: { clientMutationId: string | null } | null };

export type ConversationOfListFragment = { id: string, title: string | null, createdAt: string | null, lastMessageAt: string, messageCount: number };

export type ConversationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type ConversationsQuery = { conversations: { nodes: Array<{ id: string, title: string | null, createdAt: string | null, lastMessageAt: string, messageCount: number }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type StartConversationMutationVariables = Exact<{
  title?: string | null | undefined;
}>;


export type StartConversationMutation = { startConversation: { conversation: { id: string, title: string | null, createdAt: string | null, lastMessageAt: string, messageCount: number } | null } | null };

export type DeleteConversationMutationVariables = Exact<{
  id: string;
}>;


export type DeleteConversationMutation = { deleteConversation: { conversation: { id: string } | null } | null };

export type MessageOfPageFragment = { id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null };

export type MessagesQueryVariables = Exact<{
  conversation: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MessagesQuery = { conversation: { preferredLeafId: string | null, messages: { nodes: Array<{ id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type PostMessageMutationVariables = Exact<{
  conversation: string;
  content: string;
  role?: MessageRole | null | undefined;
  metadata?: unknown;
  idempotencyKey?: string | null | undefined;
}>;


export type PostMessageMutation = { postMessage: { message: { id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null } | null } | null };

export type AgentCheckpointsQueryVariables = Exact<{
  threadId?: string | null | undefined;
  namespace?: string | null | undefined;
  checkpointId?: string | null | undefined;
  before?: string | null | undefined;
  metadata?: unknown;
  maxRows?: number | null | undefined;
}>;


export type AgentCheckpointsQuery = { agentCheckpoints: Array<{ threadId: string, namespace: string, checkpointId: string, parentId: string | null, type: string, content: string, metadata: unknown, writes: Array<{ taskId: string | null, channel: string | null, type: string | null, content: string | null }> } | null> | null };

export type PutAgentCheckpointMutationVariables = Exact<{
  input: PutAgentCheckpointInput;
}>;


export type PutAgentCheckpointMutation = { putAgentCheckpoint: { checkpointId: string | null } | null };

export type PutAgentCheckpointWritesMutationVariables = Exact<{
  input: PutAgentCheckpointWritesInput;
}>;


export type PutAgentCheckpointWritesMutation = { putAgentCheckpointWrites: { stored: number | null } | null };

export type DeleteAgentThreadMutationVariables = Exact<{
  threadId: string;
}>;


export type DeleteAgentThreadMutation = { deleteAgentThread: { deleted: number | null } | null };

export type PruneAgentThreadMutationVariables = Exact<{
  threadId: string;
  keep?: number | null | undefined;
}>;


export type PruneAgentThreadMutation = { pruneAgentThread: { deleted: number | null } | null };

export type MessageChangedSubscriptionVariables = Exact<{
  conversation: string;
  after?: string | null | undefined;
  afterMessageId?: string | null | undefined;
}>;


export type MessageChangedSubscription = { messageChanged: { cursor: string, changes: Array<{ messageId: string, sequenceNumber: number, status: MessageStatus, offset: number, text: string }> } };

export type ConversationsChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ConversationsChangedSubscription = { conversationsChanged: { reload: boolean, removedIds: Array<string>, conversations: Array<{ id: string, title: string | null, createdAt: string | null, lastMessageAt: string, messageCount: number } | null> } };

export type FileProgressSubscriptionVariables = Exact<{
  fileId: string;
}>;


export type FileProgressSubscription = { fileProgress: { stage: FileStage, chunks: number, embeddedChunks: number, errorCode: string | null } };

export type StartAnswerMutationVariables = Exact<{
  input: StartAnswerInput;
}>;


export type StartAnswerMutation = { startAnswer: { messages: Array<{ id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null }> | null } | null };

export type AppendToMessageMutationVariables = Exact<{
  messageId: string;
  text: string;
  at: number;
}>;


export type AppendToMessageMutation = { appendToMessage: { length: number | null } | null };

export type FinishMessageMutationVariables = Exact<{
  input: FinishMessageInput;
}>;


export type FinishMessageMutation = { finishMessage: { message: { id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null } | null } | null };

export type SaveMessagesMutationVariables = Exact<{
  conversation: string;
  messages: Array<MessageToSaveInput | null | undefined> | MessageToSaveInput;
}>;


export type SaveMessagesMutation = { saveMessages: { messages: Array<{ id: string, clientId: string | null }> | null } | null };

export type MessageQueryVariables = Exact<{
  id: string;
}>;


export type MessageQuery = { message: { id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null } | null };

export type RepliesQueryVariables = Exact<{
  id: string;
}>;


export type RepliesQuery = { message: { sequenceNumber: number, replies: { nodes: Array<{ id: string, role: MessageRole, status: MessageStatus }> }, conversation: { messageCount: number } | null } | null };

export type MessageAfterQueryVariables = Exact<{
  conversation: string;
  id: string;
}>;


export type MessageAfterQuery = { conversation: { messages: { nodes: Array<{ id: string, replacesId: string | null, role: MessageRole }> } } | null };

export type LatestMessagesQueryVariables = Exact<{
  conversation: string;
}>;


export type LatestMessagesQuery = { conversation: { messages: { nodes: Array<{ id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null }> } } | null };

export type SearchHitFragment = { chunkId: string, sourceType: SourceType, score: number, title: string | null, heading: string | null, pageNumber: number | null, content: string, conversationId: string | null, messageId: string | null, document: { id: string, sourceUrl: string | null, metadata: unknown } | null };

export type SearchQueryVariables = Exact<{
  query: string;
  kinds?: Array<SourceType> | SourceType | null | undefined;
  filters?: SearchFilterInput | null | undefined;
  mode?: SearchMode | null | undefined;
  maxResults?: number | null | undefined;
  rerank?: boolean | null | undefined;
}>;


export type SearchQuery = { search: { path: SearchPath, results: Array<{ chunkId: string, sourceType: SourceType, score: number, title: string | null, heading: string | null, pageNumber: number | null, content: string, conversationId: string | null, messageId: string | null, document: { id: string, sourceUrl: string | null, metadata: unknown } | null }> } | null };

export type SearchByVectorQueryVariables = Exact<{
  embedding: number[];
  kinds?: Array<SourceType> | SourceType | null | undefined;
  filters?: SearchFilterInput | null | undefined;
  maxResults?: number | null | undefined;
}>;


export type SearchByVectorQuery = { searchSimilarChunks: { results: Array<{ chunkId: string, sourceType: SourceType, score: number, title: string | null, heading: string | null, pageNumber: number | null, content: string, conversationId: string | null, messageId: string | null, document: { id: string, sourceUrl: string | null, metadata: unknown } | null }> } | null };

export type CreateDocumentMutationVariables = Exact<{
  input: CreateDocumentInput;
}>;


export type CreateDocumentMutation = { createDocument: { document: { id: string } | null } | null };

export type DocumentsOfSourcesQueryVariables = Exact<{
  sources?: Array<string> | string | null | undefined;
  ids?: Array<string> | string | null | undefined;
}>;


export type DocumentsOfSourcesQuery = { documents: { nodes: Array<{ id: string }> } | null };

export type DeleteDocumentMutationVariables = Exact<{
  id: string;
}>;


export type DeleteDocumentMutation = { deleteDocument: { document: { id: string } | null } | null };

export type IndexingProgressSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type IndexingProgressSubscription = { indexingProgressChanged: { isComplete: boolean, paused: IndexingHold | null } };

export const RegisterDocument = `mutation Register($email: String!, $password: String!, $displayName: String) {
  register(input: {email: $email, password: $password, displayName: $displayName}) {
    authentication {
      ...Session
    }
  }
}
fragment Session on Authentication {
  token
  expiresAt
  userId
  workspaceId
}` as Document<RegisterMutation, RegisterMutationVariables>;
export const SignInDocument = `mutation SignIn($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password}) {
    authentication {
      ...Session
    }
  }
}
fragment Session on Authentication {
  token
  expiresAt
  userId
  workspaceId
}` as Document<SignInMutation, SignInMutationVariables>;
export const ConfirmSignInDocument = `mutation ConfirmSignIn($challenge: String!, $code: String!) {
  confirmSignIn(input: {challenge: $challenge, code: $code}) {
    authentication {
      ...Session
    }
  }
}
fragment Session on Authentication {
  token
  expiresAt
  userId
  workspaceId
}` as Document<ConfirmSignInMutation, ConfirmSignInMutationVariables>;
export const SignOutDocument = `mutation SignOut {
  signOut(input: {}) {
    clientMutationId
  }
}` as Document<SignOutMutation, SignOutMutationVariables>;
export const ConversationsDocument = `query Conversations($first: Int, $after: Cursor) {
  conversations(first: $first, after: $after) {
    nodes {
      ...ConversationOfList
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
fragment ConversationOfList on Conversation {
  id
  title
  createdAt
  lastMessageAt
  messageCount
}` as Document<ConversationsQuery, ConversationsQueryVariables>;
export const StartConversationDocument = `mutation StartConversation($title: String) {
  startConversation(input: {title: $title}) {
    conversation {
      ...ConversationOfList
    }
  }
}
fragment ConversationOfList on Conversation {
  id
  title
  createdAt
  lastMessageAt
  messageCount
}` as Document<StartConversationMutation, StartConversationMutationVariables>;
export const DeleteConversationDocument = `mutation DeleteConversation($id: UUID!) {
  deleteConversation(input: {id: $id}) {
    conversation {
      id
    }
  }
}` as Document<DeleteConversationMutation, DeleteConversationMutationVariables>;
export const MessagesDocument = `query Messages($conversation: UUID!, $first: Int, $after: Cursor) {
  conversation(id: $conversation) {
    preferredLeafId
    messages(first: $first, after: $after) {
      nodes {
        ...MessageOfPage
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<MessagesQuery, MessagesQueryVariables>;
export const PostMessageDocument = `mutation PostMessage($conversation: UUID!, $content: String!, $role: MessageRole, $metadata: JSON, $idempotencyKey: String) {
  postMessage(
    input: {conversationId: $conversation, content: $content, role: $role, metadata: $metadata, idempotencyKey: $idempotencyKey}
  ) {
    message {
      ...MessageOfPage
    }
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<PostMessageMutation, PostMessageMutationVariables>;
export const AgentCheckpointsDocument = `query AgentCheckpoints($threadId: String, $namespace: String, $checkpointId: String, $before: String, $metadata: JSON, $maxRows: Int) {
  agentCheckpoints(
    threadId: $threadId
    namespace: $namespace
    checkpointId: $checkpointId
    before: $before
    metadata: $metadata
    maxRows: $maxRows
  ) {
    threadId
    namespace
    checkpointId
    parentId
    type
    content
    metadata
    writes {
      taskId
      channel
      type
      content
    }
  }
}` as Document<AgentCheckpointsQuery, AgentCheckpointsQueryVariables>;
export const PutAgentCheckpointDocument = `mutation PutAgentCheckpoint($input: PutAgentCheckpointInput!) {
  putAgentCheckpoint(input: $input) {
    checkpointId
  }
}` as Document<PutAgentCheckpointMutation, PutAgentCheckpointMutationVariables>;
export const PutAgentCheckpointWritesDocument = `mutation PutAgentCheckpointWrites($input: PutAgentCheckpointWritesInput!) {
  putAgentCheckpointWrites(input: $input) {
    stored
  }
}` as Document<PutAgentCheckpointWritesMutation, PutAgentCheckpointWritesMutationVariables>;
export const DeleteAgentThreadDocument = `mutation DeleteAgentThread($threadId: String!) {
  deleteAgentThread(input: {threadId: $threadId}) {
    deleted
  }
}` as Document<DeleteAgentThreadMutation, DeleteAgentThreadMutationVariables>;
export const PruneAgentThreadDocument = `mutation PruneAgentThread($threadId: String!, $keep: Int) {
  pruneAgentThread(input: {threadId: $threadId, keep: $keep}) {
    deleted
  }
}` as Document<PruneAgentThreadMutation, PruneAgentThreadMutationVariables>;
export const MessageChangedDocument = `subscription MessageChanged($conversation: UUID!, $after: String, $afterMessageId: UUID) {
  messageChanged(
    conversationId: $conversation
    after: $after
    afterMessageId: $afterMessageId
  ) {
    cursor
    changes {
      messageId
      sequenceNumber
      status
      offset
      text
    }
  }
}` as Document<MessageChangedSubscription, MessageChangedSubscriptionVariables>;
export const ConversationsChangedDocument = `subscription ConversationsChanged {
  conversationsChanged {
    reload
    conversations {
      ...ConversationOfList
    }
    removedIds
  }
}
fragment ConversationOfList on Conversation {
  id
  title
  createdAt
  lastMessageAt
  messageCount
}` as Document<ConversationsChangedSubscription, ConversationsChangedSubscriptionVariables>;
export const FileProgressDocument = `subscription FileProgress($fileId: UUID!) {
  fileProgress(fileId: $fileId) {
    stage
    chunks
    embeddedChunks
    errorCode
  }
}` as Document<FileProgressSubscription, FileProgressSubscriptionVariables>;
export const StartAnswerDocument = `mutation StartAnswer($input: StartAnswerInput!) {
  startAnswer(input: $input) {
    messages {
      ...MessageOfPage
    }
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<StartAnswerMutation, StartAnswerMutationVariables>;
export const AppendToMessageDocument = `mutation AppendToMessage($messageId: UUID!, $text: String!, $at: Int!) {
  appendToMessage(input: {messageId: $messageId, text: $text, at: $at}) {
    length
  }
}` as Document<AppendToMessageMutation, AppendToMessageMutationVariables>;
export const FinishMessageDocument = `mutation FinishMessage($input: FinishMessageInput!) {
  finishMessage(input: $input) {
    message {
      ...MessageOfPage
    }
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<FinishMessageMutation, FinishMessageMutationVariables>;
export const SaveMessagesDocument = `mutation SaveMessages($conversation: UUID!, $messages: [MessageToSaveInput]!) {
  saveMessages(input: {conversationId: $conversation, messages: $messages}) {
    messages {
      id
      clientId
    }
  }
}` as Document<SaveMessagesMutation, SaveMessagesMutationVariables>;
export const MessageDocument = `query Message($id: UUID!) {
  message(id: $id) {
    ...MessageOfPage
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<MessageQuery, MessageQueryVariables>;
export const RepliesDocument = `query Replies($id: UUID!) {
  message(id: $id) {
    sequenceNumber
    replies(last: 1) {
      nodes {
        id
        role
        status
      }
    }
    conversation {
      messageCount
    }
  }
}` as Document<RepliesQuery, RepliesQueryVariables>;
export const MessageAfterDocument = `query MessageAfter($conversation: UUID!, $id: UUID!) {
  conversation(id: $conversation) {
    messages(first: 1, filter: {id: {greaterThan: $id}, parentId: {isNull: true}}) {
      nodes {
        id
        replacesId
        role
      }
    }
  }
}` as Document<MessageAfterQuery, MessageAfterQueryVariables>;
export const LatestMessagesDocument = `query LatestMessages($conversation: UUID!) {
  conversation(id: $conversation) {
    messages(last: 5) {
      nodes {
        ...MessageOfPage
      }
    }
  }
}
fragment MessageOfPage on Message {
  id
  clientId
  parentId
  replacesId
  sequenceNumber
  role
  status
  content
  parts
  metadata
  model
  createdAt
}` as Document<LatestMessagesQuery, LatestMessagesQueryVariables>;
export const SearchDocument = `query Search($query: String!, $kinds: [SourceType!], $filters: SearchFilterInput, $mode: SearchMode, $maxResults: Int, $rerank: Boolean) {
  search(
    query: $query
    kinds: $kinds
    filters: $filters
    mode: $mode
    maxResults: $maxResults
    rerank: $rerank
  ) {
    path
    results {
      ...SearchHit
    }
  }
}
fragment SearchHit on SearchResult {
  chunkId
  sourceType
  score
  title
  heading
  pageNumber
  content
  conversationId
  messageId
  document {
    id
    sourceUrl
    metadata
  }
}` as Document<SearchQuery, SearchQueryVariables>;
export const SearchByVectorDocument = `query SearchByVector($embedding: Vector!, $kinds: [SourceType!], $filters: SearchFilterInput, $maxResults: Int) {
  searchSimilarChunks(
    embedding: $embedding
    kinds: $kinds
    filters: $filters
    maxResults: $maxResults
  ) {
    results {
      ...SearchHit
    }
  }
}
fragment SearchHit on SearchResult {
  chunkId
  sourceType
  score
  title
  heading
  pageNumber
  content
  conversationId
  messageId
  document {
    id
    sourceUrl
    metadata
  }
}` as Document<SearchByVectorQuery, SearchByVectorQueryVariables>;
export const CreateDocumentDocument = `mutation CreateDocument($input: CreateDocumentInput!) {
  createDocument(input: $input) {
    document {
      id
    }
  }
}` as Document<CreateDocumentMutation, CreateDocumentMutationVariables>;
export const DocumentsOfSourcesDocument = `query DocumentsOfSources($sources: [String!], $ids: [UUID!]) {
  documents(
    first: 1000
    filter: {or: [{sourceUrl: {in: $sources}}, {id: {in: $ids}}]}
  ) {
    nodes {
      id
    }
  }
}` as Document<DocumentsOfSourcesQuery, DocumentsOfSourcesQueryVariables>;
export const DeleteDocumentDocument = `mutation DeleteDocument($id: UUID!) {
  deleteDocument(input: {id: $id}) {
    document {
      id
    }
  }
}` as Document<DeleteDocumentMutation, DeleteDocumentMutationVariables>;
export const IndexingProgressDocument = `subscription IndexingProgress {
  indexingProgressChanged {
    isComplete
    paused
  }
}` as Document<IndexingProgressSubscription, IndexingProgressSubscriptionVariables>;
