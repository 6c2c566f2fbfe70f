import type { PoolClient } from 'pg';

/** What an operation is asked with: a conversation of the caller, and a text that was not sent before. */
export interface Question {
  conversation: string;
  text: string;
}

/** An operation of a chat application, as GraphQL asks for it, and by hand. */
export interface Operation {
  document: string;
  /** How often it waits for the database after authentication, at most. */
  trips: number;
  variables(question: Question): object;
  /** The same rows, by the statements that somebody would write for them. */
  byHand(client: PoolClient, question: Question, vector: string): Promise<unknown>;
}

/** Of a query: which vector, makes no difference to what is compared. */
export const DIMENSIONS = 512;
export const queryVector = (): Float32Array =>
  Float32Array.from({ length: DIMENSIONS }, (_, n) => Math.sin(n + 1) / 16);

/** A statement that stays prepared on its connection. */
async function ask(client: PoolClient, name: string, text: string, values: unknown[]) {
  return (await client.query({ name, text, values })).rows;
}

const rowsById = (client: PoolClient, table: string, columns: string, ids: unknown[]) =>
  ask(
    client,
    `${table} by id`,
    `select t.* from unnest($1::uuid[]) as i (id) cross join lateral (
       select ${columns} from app_public.${table} r where r.id = i.id offset 0) as t`,
    [ids.filter(Boolean)],
  );

export const OPERATIONS: Record<string, Operation> = {
  page: {
    trips: 1,
    document: `query ($id: UUID!) {
      conversation(id: $id) {
        title
        messages(last: 50) { nodes { id role content createdAt } pageInfo { hasPreviousPage startCursor } }
      }
    }`,
    variables: ({ conversation }) => ({ id: conversation }),
    byHand: (client, { conversation }) =>
      ask(
        client,
        'page',
        `select c.title, (
           select json_agg(json_build_object('id', m.id, 'role', m.role, 'content', m.content, 'createdAt', m.created_at) order by m.id)
           from app_hidden.message_page(c.id, null, null, 51, true) as m
         ) as messages
         from app_public.conversations c where c.id = $1`,
        [conversation],
      ),
  },
  list: {
    trips: 1,
    document: `{
      conversations(first: 50, orderBy: [LAST_MESSAGE_AT_DESC]) {
        nodes { id title lastMessageAt messageCount } pageInfo { hasNextPage endCursor }
      }
    }`,
    variables: () => ({}),
    byHand: (client) =>
      ask(
        client,
        'list',
        `select c.id, c.title, c.last_message_at, c.message_count from app_public.conversations c
         order by c.last_message_at desc, c.id desc limit 51`,
        [],
      ),
  },
  search: {
    trips: 3,
    document: `query ($query: String!) {
      search(query: $query, maxResults: 5) {
        returned
        path
        results { score title heading snippet document { id title } conversation { id title } message { id } }
      }
    }`,
    variables: ({ text }) => ({ query: text }),
    async byHand(client, { text }, vector) {
      const [found] = await ask(
        client,
        'search',
        `select s.returned, s.path, to_json(s.results) as results
         from app_public.search(query => $1, query_embedding => $2::extensions.halfvec, max_results => 5) as s`,
        [text, vector],
      );
      const ids = (name: string): unknown[] => found.results.map((one: Record<string, unknown>) => one[name]);
      return {
        ...found,
        documents: await rowsById(client, 'documents', 'r.id, r.title', ids('document_id')),
        conversations: await rowsById(client, 'conversations', 'r.id, r.title', ids('conversation_id')),
        messages: await rowsById(client, 'messages', 'r.id', ids('message_id')),
      };
    },
  },
  post: {
    trips: 1,
    document: `mutation ($id: UUID!, $content: String!) {
      postMessage(input: { conversationId: $id, content: $content }) { message { id sequenceNumber } }
    }`,
    variables: ({ conversation, text }) => ({ id: conversation, content: text }),
    byHand: (client, { conversation, text }) =>
      ask(
        client,
        'post',
        `select m.id, m.sequence_number from app_public.post_message(conversation_id => $1, content => $2) as m`,
        [conversation, text],
      ),
  },
  turn: {
    trips: 1,
    document: `mutation ($id: UUID!, $question: String!, $answer: String!) {
      recordTurn(input: {
        conversationId: $id, question: $question, answer: $answer, model: "some-model", promptTokens: 200, completionTokens: 100
      }) { messages { id sequenceNumber } }
    }`,
    variables: ({ conversation, text }) => ({ id: conversation, question: text, answer: text }),
    byHand: (client, { conversation, text }) =>
      ask(
        client,
        'turn',
        `select m.id, m.sequence_number from app_public.record_turn(conversation_id => $1, question => $2, answer => $2,
           model => 'some-model', prompt_tokens => 200, completion_tokens => 100) as m`,
        [conversation, text],
      ),
  },
};
