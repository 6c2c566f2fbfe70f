import { asArray, asObject, asString, isObject, type JsonObject } from '../json/values.ts';

export interface MessageNode {
  id: string;
  parent: string | null;
  children: MessageNode[];
  message: JsonObject | null;
}

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
    });
  }
  return nodes;
}

/**
 * Reads `mapping` as a tree. A node's `parent` says where it hangs; the `children` lists only give siblings their
 * order. A parent that does not exist and a circle of parents are problems, not something to guess about.
 */
export function readMessageTree(mapping: JsonObject): Tree {
  const nodes = readNodes(mapping);
  const roots: MessageNode[] = [];
  const placed = new Set<MessageNode>();
  for (const parent of nodes.values()) {
    for (const child of asArray(asObject(mapping[parent.id]).children)) {
      const node = typeof child === 'string' ? nodes.get(child) : undefined;
      if (node === undefined || node.parent !== parent.id || placed.has(node)) continue;
      placed.add(node);
      parent.children.push(node);
    }
  }
  for (const node of nodes.values()) {
    if (node.parent === null) roots.push(node);
    else if (!placed.has(node)) {
      const parent = nodes.get(node.parent);
      if (!parent) return { problem: `node "${node.id}" has the parent "${node.parent}", which is missing` };
      parent.children.push(node);
    }
  }
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
