import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  type SerializerProtocol,
  TASKS,
  WRITES_IDX_MAP,
} from '@langchain/langgraph-checkpoint';
import { fromBase64, toBase64 } from './base64.ts';
import type { Client } from './client.ts';
import {
  AgentCheckpointsDocument,
  type AgentCheckpointsQuery,
  type AgentCheckpointsQueryVariables,
  DeleteAgentThreadDocument,
  PruneAgentThreadDocument,
  PutAgentCheckpointDocument,
  PutAgentCheckpointWritesDocument,
} from './generated.ts';

type Row = NonNullable<NonNullable<AgentCheckpointsQuery['agentCheckpoints']>[number]>;
type Write = NonNullable<NonNullable<Row['writes']>[number]>;
interface Place {
  thread_id: string;
  checkpoint_ns: string;
  checkpoint_id?: string;
}

/** Rows of a page; of large states the server gives fewer. */
const PAGE = 20;

/** Where a config points. Text only: an object in it would reach the server as a filter. */
function placeOf(config: RunnableConfig, what: string): Place {
  const { thread_id, checkpoint_ns } = config.configurable ?? {};
  if (typeof thread_id !== 'string' || thread_id === '') {
    throw new Error(
      `Failed to ${what}. The passed RunnableConfig is missing a required "thread_id" field in its "configurable" property.`,
    );
  }
  const checkpoint_id = getCheckpointId(config);
  return { thread_id, checkpoint_ns: checkpoint_ns ?? '', ...(checkpoint_id ? { checkpoint_id } : {}) };
}

/** Keeps the states of LangGraph's agents in Colloquy: of the account whose token the client has, in its workspace. */
export class ColloquySaver extends BaseCheckpointSaver {
  readonly #client: Client;

  constructor(client: Client, serde?: SerializerProtocol) {
    super(serde);
    this.#client = client;
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined;
    const { thread_id, checkpoint_ns, checkpoint_id } = placeOf(config, 'get a checkpoint');
    const [row] = await this.#read({
      threadId: thread_id,
      namespace: checkpoint_ns,
      ...(checkpoint_id ? { checkpointId: checkpoint_id } : {}),
      maxRows: 1,
    });
    return row && this.#tupleOf(row);
  }

  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns } = config.configurable ?? {};
    if (thread_id !== undefined) placeOf(config, 'list checkpoints');
    const checkpointId = config.configurable?.checkpoint_id;
    let before: string | undefined = options.before?.configurable?.checkpoint_id;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    while (left > 0) {
      const rows = await this.#read({
        threadId: thread_id,
        namespace: checkpoint_ns,
        checkpointId,
        before,
        metadata: options.filter,
        maxRows: Math.min(left, PAGE),
      });
      for (const row of rows) {
        if (left <= 0) return;
        left -= 1;
        yield await this.#tupleOf(row);
      }
      const last = rows.at(-1);
      if (!last || checkpointId) return;
      before = last.checkpointId!;
    }
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
  ): Promise<RunnableConfig> {
    const { thread_id, checkpoint_ns, checkpoint_id } = placeOf(config, 'put a checkpoint');
    const [type, bytes] = await this.serde.dumpsTyped(checkpoint);
    const [, described] = await this.serde.dumpsTyped(metadata);
    await this.#client.request(
      PutAgentCheckpointDocument,
      {
        input: {
          threadId: thread_id,
          namespace: checkpoint_ns,
          checkpointId: checkpoint.id,
          type,
          content: toBase64(bytes),
          ...(checkpoint_id ? { parentId: checkpoint_id } : {}),
          // PostgreSQL's JSON has no character zero
          metadata: JSON.parse(new TextDecoder().decode(described).replaceAll('\\u0000', '')),
        },
      },
      { isRepeatable: true },
    );
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } };
  }

  async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = '',
  ): Promise<void> {
    const { thread_id, checkpoint_ns, checkpoint_id } = placeOf(config, 'put writes');
    if (!checkpoint_id) {
      throw new Error(
        'Failed to put writes. The passed RunnableConfig is missing a required "checkpoint_id" field in its "configurable" property.',
      );
    }
    if (writes.length === 0) return;
    const rows = await Promise.all(
      writes.map(async ([channel, value], index) => {
        const [type, bytes] = await this.serde.dumpsTyped(value);
        return {
          taskId,
          taskPath,
          writeIndex: WRITES_IDX_MAP[channel as string] ?? index,
          channel: channel as string,
          type,
          content: toBase64(bytes),
        };
      }),
    );
    await this.#client.request(
      PutAgentCheckpointWritesDocument,
      { input: { threadId: thread_id, namespace: checkpoint_ns, checkpointId: checkpoint_id, writes: rows } },
      { isRepeatable: true },
    );
  }

  async deleteThread(threadId: string): Promise<void> {
    await this.#client.request(DeleteAgentThreadDocument, { threadId }, { isRepeatable: true });
  }

  /** Deletes the states of a thread but for the latest ones of each graph in it. Returns how many went. */
  async prune(threadId: string, { keep = 1 }: { keep?: number } = {}): Promise<number> {
    const { pruneAgentThread } = await this.#client.request(
      PruneAgentThreadDocument,
      { threadId, keep },
      { isRepeatable: true },
    );
    return pruneAgentThread?.deleted ?? 0;
  }

  async #read(variables: AgentCheckpointsQueryVariables): Promise<Row[]> {
    const { agentCheckpoints } = await this.#client.request(AgentCheckpointsDocument, variables);
    return (agentCheckpoints ?? []).filter((row) => row !== null);
  }

  async #valueOf({ type, content }: { type: string | null; content: unknown }): Promise<unknown> {
    return this.serde.loadsTyped(type!, fromBase64(content as string));
  }

  async #tupleOf(row: Row): Promise<CheckpointTuple> {
    const place = { thread_id: row.threadId!, checkpoint_ns: row.namespace! };
    const checkpoint = (await this.#valueOf(row)) as Checkpoint;
    if (checkpoint.v < 4 && row.parentId) await this.#addSends(checkpoint, row);
    const pendingWrites = await Promise.all(
      (row.writes ?? []).filter((write) => write !== null).map((write) => this.#pendingOf(write)),
    );
    return {
      config: { configurable: { ...place, checkpoint_id: row.checkpointId! } },
      checkpoint,
      metadata: (await this.serde.loadsTyped('json', JSON.stringify(row.metadata))) as CheckpointMetadata,
      pendingWrites,
      ...(row.parentId ? { parentConfig: { configurable: { ...place, checkpoint_id: row.parentId } } } : {}),
    };
  }

  async #pendingOf(write: Write): Promise<CheckpointPendingWrite> {
    return [write.taskId!, write.channel!, await this.#valueOf(write)];
  }

  /** Checkpoints of before version 4 have what was sent with their parent's writes. */
  async #addSends(checkpoint: Checkpoint, row: Row): Promise<void> {
    const [parent] = await this.#read({
      threadId: row.threadId!,
      namespace: row.namespace!,
      checkpointId: row.parentId!,
      maxRows: 1,
    });
    const sends = (parent?.writes ?? []).filter((write) => write?.channel === TASKS);
    checkpoint.channel_values ??= {};
    checkpoint.channel_values[TASKS] = await Promise.all(sends.map((write) => this.#valueOf(write!)));
    checkpoint.channel_versions ??= {};
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }
}
