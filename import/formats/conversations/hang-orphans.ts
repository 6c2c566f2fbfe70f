import type { MessageNode } from './message-node.ts';
import { readTime, timeOf } from './times.ts';

/** How many earlier messages are looked at before a node becomes the beginning of a branch of its own. */
const TRIES = 50;

interface Timed {
  node: MessageNode;
  time: number;
}

/** The messages in the order of their times; one without a time stands where the file has it, behind the one before. */
function inOrder(nodes: Iterable<MessageNode>): Timed[] {
  let last = 0;
  const timed: Timed[] = [];
  for (const node of nodes) {
    if (node.message === null) continue;
    last = readTime(timeOf(node.message), Number.POSITIVE_INFINITY) ?? last;
    timed.push({ node, time: last });
  }
  return timed.sort((a, b) => a.time - b.time);
}

/** Which nodes hang together, so that none is hung below itself. */
function together(): {
  find(node: MessageNode): MessageNode;
  join(child: MessageNode, below: MessageNode): void;
} {
  const above = new Map<MessageNode, MessageNode>();
  const find = (node: MessageNode): MessageNode => {
    let top = node;
    for (let next = above.get(top); next !== undefined; next = above.get(top)) top = next;
    for (let at = node; at !== top; ) {
      const next = above.get(at)!;
      above.set(at, top);
      at = next;
    }
    return top;
  };
  return {
    find,
    join: (child, below) => {
      const [from, to] = [find(child), find(below)];
      if (from !== to) above.set(from, to);
    },
  };
}

/** Hangs each node whose parent is not there on the nearest earlier message; the earliest of all becomes a beginning. */
export function hangOrphans(orphans: MessageNode[], nodes: Map<string, MessageNode>): void {
  if (orphans.length === 0) return;
  const groups = together();
  for (const node of nodes.values()) for (const child of node.children) groups.join(child, node);
  const timed = inOrder(nodes.values());
  const places = new Map(timed.map(({ node }, place) => [node, place]));
  // an orphan without a message counts where the first message below it stands
  const placeOf = (node: MessageNode): number => {
    let at: MessageNode | undefined = node;
    while (at !== undefined && !places.has(at)) at = at.children[0];
    return at === undefined ? timed.length : places.get(at)!;
  };
  for (const { node, place } of orphans
    .map((node) => ({ node, place: placeOf(node) }))
    .sort((a, b) => a.place - b.place)) {
    let below: MessageNode | null = null;
    for (let at = place - 1; at >= 0 && at >= place - TRIES && below === null; at--) {
      const earlier = timed[at]!.node;
      if (groups.find(earlier) !== groups.find(node)) below = earlier;
    }
    const named = node.parent;
    node.parent = below?.id ?? null;
    if (below === null) continue;
    node.missingParent = named;
    below.children.push(node);
    groups.join(node, below);
  }
}
