/** A page of a connection, as every list of the API is one. */
export interface Page<Node> {
  nodes: readonly (Node | null)[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null | undefined };
}

/**
 * Goes over all nodes of a connection, a page at a time: the next one is asked for when the last one is used up.
 * @example for await (const conversation of nodesOf((after) => client.request(ConversationsDocument, { after }).then((d) => d.conversations))) …
 */
export async function* nodesOf<Node>(
  read: (after: string | undefined) => Promise<Page<Node> | null | undefined>,
): AsyncGenerator<Node, void, undefined> {
  let after: string | undefined;
  for (;;) {
    const page = await read(after);
    for (const node of page?.nodes ?? []) if (node !== null) yield node;
    if (!page?.pageInfo.hasNextPage || !page.pageInfo.endCursor) return;
    after = page.pageInfo.endCursor;
  }
}
