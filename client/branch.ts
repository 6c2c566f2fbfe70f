import type { Client } from './client.ts';
import { type MessageOfPageFragment, MessagesDocument } from './generated.ts';
import { nodesOf } from './paging.ts';

/** Where a message is in the tree of its conversation. */
type Placed = Pick<MessageOfPageFragment, 'id' | 'parentId' | 'replacesId'>;

/**
 * The messages that lead to one, of all messages of a conversation in their order. Those from before there were branches have no parent, and
 * follow one another.
 */
export function branchOf<Message extends Placed>(
  all: readonly Message[],
  leafId: string | null | undefined,
): Message[] {
  const places = new Map(all.map((message, place) => [message.id, place]));
  const path: Message[] = [];
  let place = leafId ? places.get(leafId) : all.length - 1;
  while (place !== undefined && place >= 0) {
    const message = all[place]!;
    path.push(message);
    if (message.parentId) place = places.get(message.parentId);
    else if (message.replacesId) break;
    else
      do place -= 1;
      while (place >= 0 && (all[place]!.parentId || all[place]!.replacesId));
  }
  return path.reverse();
}

/** The messages of a conversation that are shown: the branch that was chosen, or was written in last. */
export async function shownMessages(client: Client, conversation: string): Promise<MessageOfPageFragment[]> {
  let leafId: string | null | undefined;
  const all = nodesOf(async (after) => {
    const { conversation: read } = await client.request(MessagesDocument, {
      conversation,
      first: 200,
      after,
    });
    leafId = read?.preferredLeafId;
    return read?.messages;
  });
  const messages: MessageOfPageFragment[] = [];
  for await (const message of all) messages.push(message);
  return branchOf(
    messages.sort((one, other) => one.sequenceNumber - other.sequenceNumber),
    leafId,
  );
}
