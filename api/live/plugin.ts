import { type PgResource, pgSelect } from 'postgraphile/@dataplan/pg';
import {
  access,
  constant,
  context,
  each,
  type FieldArgs,
  listen,
  object,
  type Step,
} from 'postgraphile/grafast';
import { extendSchema, gql } from 'postgraphile/utils';

const typeDefs = gql`
  extend type Subscription {
    """
    The messages of a conversation as they come, and the text of answers while it is written. The first event comes at once,
    with what is new after the place that is asked for.
    """
    messageChanged(
      """The conversation."""
      conversationId: UUID!
      """The cursor of the last event that was seen: what came after it is told first. Default: what comes from now on."""
      after: String
      """Without a cursor: the last message that was read, as Conversation.messages gives it. What came after it is told first."""
      afterMessageId: UUID
    ): MessagesChange!

    """The list of conversations of the caller, in the workspace of the request: which of them came, went, or changed."""
    conversationsChanged: ConversationsChange!

    """How far a file is on its way to being found. Ends with EMBEDDED or FAILED."""
    fileProgress(
      """The file."""
      fileId: UUID!
    ): FileProgress!

    """How far the indexing of the workspace is: now, and whenever it changes."""
    indexingProgressChanged: IndexingState!

    """The jobs of the installation, for its administrators: the newest first, then those that come or go on."""
    jobsChanged: JobsChange!
  }

  """What is new in a conversation."""
  type MessagesChange {
    """Pass it as after to go on from here when the connection broke."""
    cursor: String!
    """In the order of the conversation; empty in the first event, when nothing is new."""
    changes: [MessageChange!]!
  }

  """A message that is new, or an answer whose text went on."""
  type MessageChange {
    """The message."""
    messageId: UUID!
    """Its place in the conversation."""
    sequenceNumber: Int!
    """STREAMING while its text is being written; then COMPLETE or FAILED, once."""
    status: MessageStatus!
    """Where the text begins, in UTF-16 code units as JavaScript counts them: what there was from there on is replaced. 0 for a new message."""
    offset: Int!
    """The text from there on."""
    text: String!
    """The whole message as it is now, in whatever tier it is; null when it has gone meanwhile."""
    message: Message
  }

  """What changed in a list of conversations."""
  type ConversationsChange {
    """Whether the list is to be read anew: in the first event, and when changes were missed."""
    reload: Boolean!
    """Those that came or changed; null in place of one that has gone meanwhile."""
    conversations: [Conversation]!
    """Those that were deleted, or are no longer shared with the caller."""
    removedIds: [UUID!]!
  }

  """The steps of a file on its way to being found."""
  enum FileStage {
    """It is stored, and waits."""
    UPLOADED
    """Its text is being read."""
    READING
    """Its text was read; it is being cut into passages."""
    READ
    """It is found by its words; passages wait for their vectors."""
    CHUNKED
    """It is found by its words and by its meaning."""
    EMBEDDED
    """It could not be read."""
    FAILED
  }

  """How far a file is."""
  type FileProgress {
    """The file."""
    fileId: UUID!
    """The step."""
    stage: FileStage!
    """Passages of its text."""
    chunks: Int!
    """Those that have a vector of the active embedding version."""
    embeddedChunks: Int!
    """Why it could not be read."""
    errorCode: String
    """The file itself; null when it has gone meanwhile."""
    file: File
  }

  """How far the indexing of a workspace is."""
  type IndexingState {
    """Whether everything is found by its words and by its meaning."""
    isComplete: Boolean!
    """Files whose text is not read yet."""
    pendingFiles: Int!
    """Documents, conversations and memories that are not cut into passages yet."""
    pendingSources: Int!
    """Events of other systems that are not processed yet."""
    pendingEvents: Int!
    """Passages."""
    chunks: Int!
    """Those that have their vectors."""
    embeddedChunks: Int!
    """Those that get none, since it failed too often."""
    deadChunks: Int!
    """What holds it back; null when it goes on."""
    paused: IndexingHold
  }

  """Jobs that came or went on."""
  type JobsChange {
    """The newest first."""
    jobs: [InstallationJob!]!
  }

  """How far a background job is."""
  enum JobState {
    """It waits."""
    CREATED
    """It failed, and is tried again."""
    RETRY
    """It runs."""
    ACTIVE
    """It is done."""
    COMPLETED
    """It was taken back."""
    CANCELLED
    """It was given up."""
    FAILED
  }

  """A background job of the installation."""
  type InstallationJob {
    """The job."""
    id: UUID!
    """What it does: docs/operations/jobs.md."""
    queue: String!
    """How far it is."""
    state: JobState!
    """How often it was begun."""
    attempts: Int!
    """When it was put down."""
    createdAt: Datetime!
    """When it was begun last."""
    startedAt: Datetime
    """When it ended."""
    finishedAt: Datetime
  }
`;

/** What a subscription is opened for. */
export interface Topic {
  field:
    | 'messageChanged'
    | 'conversationsChanged'
    | 'fileProgress'
    | 'indexingProgressChanged'
    | 'jobsChanged';
  conversationId?: string;
  after?: string | null;
  afterMessageId?: string | null;
  fileId?: string;
}

const NAMES = ['conversationId', 'after', 'afterMessageId', 'fileId'] as const;

/** The plan of a field that tells what the process hears: the context has who asks, and opens it. */
function follow(field: Topic['field'], names: readonly (typeof NAMES)[number][] = []) {
  return {
    subscribePlan(_$root: Step, args: FieldArgs) {
      const topic = object({
        field: constant(field),
        ...Object.fromEntries(names.map((name) => [name, args.getRaw(name)])),
      });
      // what else is in the context, and not in its type
      const $live = (context() as unknown as { get(name: string): Step }).get('live');
      return listen($live as never, topic as never);
    },
    plan: ($event: Step) => $event,
  };
}

/** The fields of Subscription, and the rows that their events lead to, which are read with the rights of the subscriber. */
export const LivePlugin: GraphileConfig.Plugin = extendSchema((build) => {
  const { sql, dataplanPg } = build;
  if (!sql || !dataplanPg) throw new Error('LivePlugin needs the plugins of graphile-build-pg');
  const { uuid } = dataplanPg.TYPES;
  const { messages, conversations, files } = build.pgResources as Record<string, PgResource>;
  if (!messages || !conversations || !files) return { typeDefs: [], objects: {} as Record<string, never> };
  return {
    typeDefs,
    objects: {
      Subscription: {
        plans: {
          messageChanged: follow('messageChanged', ['conversationId', 'after', 'afterMessageId']),
          conversationsChanged: follow('conversationsChanged'),
          fileProgress: follow('fileProgress', ['fileId']),
          indexingProgressChanged: follow('indexingProgressChanged'),
          jobsChanged: follow('jobsChanged'),
        },
      },
      MessageChange: {
        plans: {
          message($change: Step) {
            const $id = access($change, 'messageId');
            return pgSelect({
              resource: messages,
              identifiers: [{ step: $id, codec: uuid, matches: (alias) => sql`${alias}.id` }],
              from: {
                callback: ($select) => sql`app_hidden.find_message(${$select.placeholder($id, uuid)})`,
              },
            }).single();
          },
        },
      },
      ConversationsChange: {
        plans: {
          conversations: ($change: Step) =>
            each(access($change, 'ids') as never, ($id: Step) => conversations.get({ id: $id })),
        },
      },
      FileProgress: {
        plans: { file: ($state: Step) => files.get({ id: access($state, 'fileId') }) },
      },
    },
  };
}, 'LivePlugin');
