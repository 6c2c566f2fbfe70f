import { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  mapStoredMessageToChatMessage,
  type StoredMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { shownMessages } from './branch.ts';
import type { Client } from './client.ts';
import {
  DeleteConversationDocument,
  type MessageOfPageFragment,
  type MessageRole,
  PostMessageDocument,
  StartConversationDocument,
} from './generated.ts';

const ROLES: Record<string, MessageRole> = {
  ai: 'ASSISTANT',
  system: 'SYSTEM',
  tool: 'TOOL',
  function: 'TOOL',
};

/** A message as it is stored: its text is the content, and what it has besides lies in the metadata. */
function toStored(message: BaseMessage): { role: MessageRole; content: string; metadata: unknown } {
  const { type, data } = message.toDict();
  const { content, ...others } = data;
  const langchain = { type, data: content === message.text ? others : data };
  return { role: ROLES[type] ?? 'USER', content: message.text, metadata: { langchain } };
}

function fromStored({ id, role, content, metadata }: MessageOfPageFragment): BaseMessage {
  const { langchain } = metadata as { langchain?: StoredMessage };
  if (langchain) {
    return mapStoredMessageToChatMessage({
      ...langchain,
      data: { ...langchain.data, content: langchain.data.content ?? content },
    });
  }
  if (role === 'ASSISTANT') return new AIMessage({ id, content });
  if (role === 'SYSTEM') return new SystemMessage({ id, content });
  if (role === 'TOOL') return new ToolMessage({ id, content, tool_call_id: id });
  return new HumanMessage({ id, content });
}

/** The messages of a conversation as a history of LangChain. Without a conversation, the first message begins one. */
export class ColloquyChatMessageHistory extends BaseListChatMessageHistory {
  lc_namespace = ['colloquy', 'chat_history'];
  readonly #client: Client;
  /** The id of the conversation, once there is one. */
  conversation: string | undefined;

  constructor(client: Client, { conversation }: { conversation?: string | undefined } = {}) {
    super();
    this.#client = client;
    this.conversation = conversation;
  }

  /** Those of the branch that is shown. */
  async getMessages(): Promise<BaseMessage[]> {
    if (!this.conversation) return [];
    return (await shownMessages(this.#client, this.conversation)).map(fromStored);
  }

  async addMessage(message: BaseMessage): Promise<void> {
    if (!this.conversation) {
      const { startConversation } = await this.#client.request(StartConversationDocument, {});
      this.conversation = startConversation!.conversation!.id;
    }
    await this.#client.request(PostMessageDocument, {
      conversation: this.conversation,
      idempotencyKey: crypto.randomUUID(),
      ...toStored(message),
    });
  }

  /** Deletes the conversation; the next message begins another. */
  override async clear(): Promise<void> {
    if (!this.conversation) return;
    await this.#client.request(DeleteConversationDocument, { id: this.conversation });
    this.conversation = undefined;
  }
}
