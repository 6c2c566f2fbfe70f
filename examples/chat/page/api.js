// What the page asks the API for, with the client package: through this server, which adds the token.
import { createClient, documentOf } from '/client/index.ts';

export {
  branchOf,
  ColloquyError,
  ConversationsChangedDocument,
  FileProgressDocument,
  FinishMessageDocument,
  followMessages,
  StartConversationDocument,
  subscribe,
  upload,
} from '/client/index.ts';

export const client = createClient({ url: `${location.origin}/api` });

export const MeDocument = documentOf('query { currentUser { email } }');

export const ListDocument = documentOf(`query {
  conversations(first: 50, orderBy: [LAST_MESSAGE_AT_DESC]) { nodes { id title } }
}`);

// all messages, of all branches
export const ChatDocument = documentOf(`query ($id: UUID!) {
  conversation(id: $id) {
    title
    preferredLeafId
    messages(last: 1000) {
      nodes {
        id clientId parentId replacesId role status content parts
        feedback(first: 1) { nodes { feedbackType } }
      }
    }
  }
}`);

export const PassagesDocument = documentOf(`query ($id: UUID!) {
  explainAnswer(messageId: $id) { chunks { rank title content isCurrent } }
}`);

export const FeedbackDocument = documentOf(`mutation ($id: UUID!, $type: FeedbackType!) {
  giveFeedback(input: { messageId: $id, feedbackType: $type }) { messageFeedback { feedbackType } }
}`);

export const ChooseDocument = documentOf(`mutation ($id: UUID!) {
  chooseBranch(input: { messageId: $id }) { conversation { id } }
}`);

export const BranchDocument = documentOf(`mutation ($id: UUID!) {
  branchConversation(input: { messageId: $id }) { conversation { id } }
}`);

export const ShareDocument = documentOf(`mutation ($id: UUID!) {
  shareConversation(input: { conversationId: $id }) { conversationShareLink { id token } }
}`);

export const UnshareDocument = documentOf(`mutation ($id: UUID!) {
  revokeShare(input: { shareId: $id }) { conversationShare { revokedAt } }
}`);

export const SharedDocument = documentOf(`query ($token: String!) {
  readSharedConversation(token: $token) { title messages { role content } }
}`);

/** Sends JSON to this server, and throws what it refuses. */
export async function send(path, body, method = 'POST') {
  const response = await fetch(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return response;
  const { message, hint } = await response.json();
  throw new Error([message, hint].filter(Boolean).join(' '));
}
