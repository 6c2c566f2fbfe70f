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

export type MessageOfPageFragment = { id: string, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null };

export type MessagesQueryVariables = Exact<{
  conversation: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type MessagesQuery = { conversation: { messages: { nodes: Array<{ id: string, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } } | null };

export type PostMessageMutationVariables = Exact<{
  conversation: string;
  content: string;
  role?: MessageRole | null | undefined;
  metadata?: unknown;
  idempotencyKey?: string | null | undefined;
}>;


export type PostMessageMutation = { postMessage: { message: { id: string, role: MessageRole, status: MessageStatus, content: string, parts: unknown, metadata: unknown, model: string | null, createdAt: string | null } | null } | null };

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
