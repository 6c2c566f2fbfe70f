import type { ClientBase, QueryConfig, QueryResult } from 'pg';

/** What of node-postgres is not in its types. */
interface Inside {
  pipeline?: boolean;
  connection: { stream: { cork?(): void; uncork?(): void } };
}

/** Whether a connection sends a statement before the one ahead of it was answered. The embedded database has none that does. */
export const pipelines = (client: ClientBase): boolean => (client as unknown as Inside).pipeline === true;

/** Sends what is asked for meanwhile in one piece: one call of the operating system, and one waking of the server. */
export function inOnePiece<T>(client: ClientBase, send: () => T): T {
  const { stream } = (client as unknown as Inside).connection;
  stream.cork?.();
  try {
    return send();
  } finally {
    stream.uncork?.();
  }
}

/**
 * Sends statements one behind the other, and waits for their answers once.
 * @returns the answer to the last
 * @throws the first error; statements behind it were sent as well, so it must be one that ends their transaction
 */
export async function inOneFlight(client: ClientBase, statements: QueryConfig[]): Promise<QueryResult> {
  if (!pipelines(client)) {
    let result: QueryResult | undefined;
    for (const statement of statements) result = await client.query(statement);
    return result!;
  }
  const answers = inOnePiece(client, () => statements.map((statement) => client.query(statement)));
  const settled = await Promise.allSettled(answers);
  for (const answer of settled) if (answer.status === 'rejected') throw answer.reason;
  return answers.at(-1)!;
}
