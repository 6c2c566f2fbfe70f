import { asArray, asObject, asString, isObject, type JsonObject } from '../json/values.ts';
import { hangOrphans } from './hang-orphans.ts';
import type { MessageNode } from './message-node.ts';

/** The nodes with every parent before its children, or what keeps them from being a tree. */
export type Tree = { nodes: MessageNode[] } | { problem: string };

function readNodes(mapping: JsonObject): Map<string, MessageNode> {
  const nodes = new Map<string, MessageNode>();
  for (const [id, value] of Object.entries(mapping)) {
    const node = asObject(value);
    nodes.set(id, {
      id,
      parent: asString(node.parent),
      children: [],
      message: isObject(node.message) ? node.message : null,
      missingParent: null,
    });
  }
  return nodes;
}

/**
 * Reads `mapping` as a tree. A node's `parent` says where it hangs; the `children` lists only give siblings their
 * order. One whose parent the export does not have hangs on the nearest earlier message. A circle of parents is a
 * problem, not something to guess about.
 */
export function readMessageTree(mapping: JsonObject): Tree {
  const nodes = readNodes(mapping);
  const placed = new Set<MessageNode>();
  for (const parent of nodes.values()) {
    for (const child of asArray(asObject(mapping[parent.id]).children)) {
      const node = typeof child === 'string' ? nodes.get(child) : undefined;
      if (node === undefined || node.parent !== parent.id || placed.has(node)) continue;
      placed.add(node);
      parent.children.push(node);
    }
  }
  const orphans: MessageNode[] = [];
  for (const node of nodes.values()) {
    if (node.parent === null || placed.has(node)) continue;
    const parent = nodes.get(node.parent);
    if (parent) parent.children.push(node);
    else orphans.push(node);
  }
  hangOrphans(orphans, nodes);
  const roots = [...nodes.values()].filter((node) => node.parent === null);
  const ordered: MessageNode[] = [];
  const open = roots.reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    ordered.push(node);
    open.push(...node.children.toReversed());
  }
  if (ordered.length === nodes.size) return { nodes: ordered };
  const reached = new Set(ordered);
  const lost = [...nodes.values()].find((node) => !reached.has(node));
  return { problem: `node "${lost?.id}" hangs on a circle of parents` };
}
