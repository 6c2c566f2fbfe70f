const S = 1_750_000_000;

/** A message of a ChatGPT export. */
export function said(id: string, role: string, text: string, metadata: Record<string, unknown> = {}) {
  return {
    id,
    author: { role, name: null as string | null },
    content: { content_type: 'text', parts: [text] } as Record<string, unknown>,
    metadata,
    recipient: 'all',
    channel: null as string | null,
    parent: undefined as string | undefined,
  };
}

export type Said = ReturnType<typeof said>;

export function toolSaid(
  id: string,
  name: string,
  text: string,
  metadata: Record<string, unknown> = {},
): Said {
  return { ...said(id, 'tool', text, metadata), author: { role: 'tool', name } };
}

export function thoughtOf(id: string, thoughts: unknown): Said {
  return { ...said(id, 'assistant', ''), content: { content_type: 'thoughts', thoughts } };
}

/** An export of one conversation, each message the child of the one before unless it says otherwise. */
export function chatgptExport(...messages: Said[]): Record<string, unknown>[] {
  return [chatgptConversation('c', messages)];
}

export function chatgptConversation(
  id: string,
  messages: Said[],
  title = `Talk ${id}`,
): Record<string, unknown> {
  const nodes = messages.map(({ parent, ...message }, i) => ({
    id: message.id,
    parent: parent ?? messages[i - 1]?.id ?? null,
    children: [] as string[],
    message: { ...message, create_time: S + i, status: 'finished_successfully' },
  }));
  return {
    title,
    create_time: S - 1,
    update_time: S + 500,
    mapping: Object.fromEntries(nodes.map((node) => [node.id, node])),
    current_node: nodes.at(-1)?.id,
    conversation_id: id,
  };
}

/** A message of a Claude export. */
export function claudeMessage(uuid: string, sender: 'human' | 'assistant', content: unknown[], minute = 0) {
  return {
    uuid,
    text: '',
    content,
    sender,
    created_at: `2026-02-01T10:${String(minute).padStart(2, '0')}:00Z`,
    attachments: [],
    files: [],
  };
}

export const words = (text: string, citations: unknown[] = []) => ({ type: 'text', text, citations });

/** A call of a tool with its result. */
export function called(
  name: string,
  input: unknown,
  { id = name, result = 'OK', failed = false } = {},
): unknown[] {
  return [
    { type: 'tool_use', id, name, input },
    {
      type: 'tool_result',
      tool_use_id: id,
      name,
      content: [{ type: 'text', text: result }],
      is_error: failed,
    },
  ];
}
