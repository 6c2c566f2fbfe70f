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


export type RepliesQuery = { message: { replies: { nodes: Array<{ id: string, role: MessageRole, status: MessageStatus }> } } | null };

export type LatestMessagesQueryVariables = Exact<{
  conversation: string;
}>;


export type LatestMessagesQuery = { conversation: { messages: { nodes: Array<{ id: string, clientId: string | null, parentId: string | null, replacesId: string | null, sequenceNumber: number, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null }> } } | null };

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
    replies(last: 1) {
      nodes {
        id
        role
        status
      }
    }
  }
}` as Document<RepliesQuery, RepliesQueryVariables>;
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
