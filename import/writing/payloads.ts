import type { ConversationItem, DocumentItem, EventItem } from '../items.ts';

/** Who may read what is new. */
export type Visibility = 'private' | 'workspace';

/** Who may read what is new, and whether that counts for what few could read where it comes from. */
export interface Readers {
  visibility: Visibility;
  sharePrivate?: boolean | undefined;
}

function visibilityOf(
  { isPrivate }: { isPrivate?: boolean },
  { visibility, sharePrivate }: Readers,
): Visibility {
  return isPrivate && !sharePrivate ? 'private' : visibility;
}

/** What import_documents takes. */
export function documentPayload(item: DocumentItem, readers: Readers): object {
  return {
    sourceUrl: item.source,
    title: item.title,
    content: item.content,
    contentType: item.contentType,
    codeLanguage: item.language,
    visibility: visibilityOf(item, readers),
    metadata: item.metadata,
  };
}

/** What import_conversation takes. */
export function conversationPayload(item: ConversationItem, visibility: Visibility): object {
  return {
    source: item.source,
    title: item.title,
    createdAt: item.createdAt,
    model: item.model,
    visibility,
    metadata: { ...item.metadata, current_leaf: item.currentLeaf },
    messages: item.messages.map(({ attachments, toolCalls, feedback, ...message }) => ({
      ...message,
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      ...(feedback === null ? {} : { feedback }),
    })),
  };
}

/** What import_events takes. */
export function eventPayload(item: EventItem, readers: Readers): object {
  const { system, eventType, externalId, payload, metadata } = item;
  return {
    source: system,
    eventType,
    externalId,
    payload,
    metadata,
    visibility: visibilityOf(item, readers),
  };
}

export interface Contents {
  messages: number;
  files: number;
  toolCalls: number;
  feedback: number;
}

/** How much a conversation holds of each kind. */
export function contentsOf({ messages, source }: ConversationItem): Contents {
  const files = new Set<string>();
  let [toolCalls, feedback] = [0, 0];
  for (const message of messages) {
    for (const { externalId } of message.attachments) files.add(`${source}/${externalId}`);
    toolCalls += message.toolCalls.length;
    if (message.feedback !== null) feedback++;
  }
  return { messages: messages.length, files: files.size, toolCalls, feedback };
}
