import type { Database } from '../../lib/database.ts';
import { cutByHand } from './cut-by-hand.ts';
import { asUser, registerUser, type TestUser } from './users.ts';

/** Two strangers, and a workspace that three others share. */
export interface Tenants {
  ann: TestUser;
  bob: TestUser;
  /** Members of one shared workspace, in which their requests are. */
  owner: TestUser;
  member: TestUser;
  viewer: TestUser;
}

/** What a user has: one of each kind that only it reads, and one that its workspace reads. */
export interface Content {
  document: string;
  sharedDocument: string;
  conversation: string;
  sharedConversation: string;
  /** The two messages of `conversation`. */
  messages: [string, string];
  apiKey: string;
  memory: string;
  sharedMemory: string;
  repository: string;
  file: string;
  event: string;
}

/** Puts a user into a workspace. Returns the user as it is there. */
export async function join(
  database: Database,
  user: TestUser,
  workspaceId: string,
  memberRole: string,
): Promise<TestUser> {
  await database
    .pool('owner')
    .query('insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, $3)', [
      workspaceId,
      user.id,
      memberRole,
    ]);
  return { ...user, workspaceId, memberRole };
}

/** A workspace that nobody belongs to yet. */
export async function createWorkspace(database: Database, name: string): Promise<string> {
  const { rows } = await database
    .pool('owner')
    .query('insert into app_public.workspaces (name) values ($1) returning id', [name]);
  return rows[0].id;
}

export async function createTenants(database: Database): Promise<Tenants> {
  const [ann, bob, first, second, third] = await Promise.all(
    ['ann', 'bob', 'first', 'second', 'third'].map((name) => registerUser(database, `${name}@example.org`)),
  );
  const team = await createWorkspace(database, 'Team');
  const owner = await join(database, first!, team, 'owner');
  await asUser(database, owner, (client) =>
    client.query(`select app_public.invite_member('invited@example.org', 'admin')`),
  );
  return {
    ann: ann!,
    bob: bob!,
    owner,
    member: await join(database, second!, team, 'member'),
    viewer: await join(database, third!, team, 'viewer'),
  };
}

/** A vector of length one, along one axis. */
export function axis(dimensions: number, at: number): number[] {
  return Array.from({ length: dimensions }, (_, index) => (index === at ? 1 : 0));
}

/**
 * Cuts and embeds everything that waits, as the worker does but with one chunk per text and the vector given: for
 * tests that need rows, not meaning.
 */
export async function indexAll(database: Database, vector = axis(512, 0)): Promise<void> {
  const worker = database.pool('worker');
  const { rows: versions } = await worker.query(
    `select id from app_public.embedding_versions where status = 'active'`,
  );
  const { rows: sources } = await worker.query('select * from app_hidden.find_unindexed(10000)');
  for (const { workspace_id, source_type, source_id } of sources) {
    if (source_type === 'document') {
      await worker.query(
        `select app_hidden.replace_document_chunks(d.workspace_id, d.id, d.content_hash, jsonb_build_array(jsonb_build_object(
           'chunk_index', 0, 'content', d.content, 'heading', d.title, 'start_offset', 0, 'end_offset', char_length(d.content), 'token_count', 1)))
         from app_public.documents d where d.id = $1`,
        [source_id],
      );
    } else if (source_type === 'memory') {
      await worker.query(
        `select app_hidden.replace_memory_chunks(m.workspace_id, m.id, m.content_hash, jsonb_build_array(jsonb_build_object(
           'chunk_index', 0, 'content', m.content, 'heading', m.subject, 'start_offset', 0, 'end_offset', char_length(m.content), 'token_count', 1)))
         from app_public.memory_items m where m.id = $1`,
        [source_id],
      );
    } else {
      await worker.query(
        `select app_hidden.add_message_chunks($1, $2, max(m.sequence_number), coalesce(jsonb_agg(jsonb_build_object(
           'message_id', m.id, 'chunk_index', 0, 'content', m.content, 'start_offset', 0, 'end_offset', char_length(m.content), 'token_count', 1))
           filter (where m.content <> ''), '[]'))
         from app_public.messages m where m.conversation_id = $2`,
        [workspace_id, source_id],
      );
    }
  }
  await cutByHand(database);
  const { rows: workspaces } = await worker.query(
    'select id from app_hidden.find_unembedded_workspaces() as id',
  );
  for (const { id } of workspaces) {
    await worker.query(
      `select app_hidden.store_embeddings($1, $2, array_agg(c.chunk_id), array_agg($3::text))
       from app_hidden.take_chunks($1, $2, 10000) as c`,
      [versions[0].id, id, JSON.stringify(vector)],
    );
  }
}

/** Writes one of each kind as a user, through the functions that users have. */
export async function addContent(database: Database, user: TestUser, label: string): Promise<Content> {
  return asUser(database, user, async (client) => {
    const id = async (sql: string, ...values: unknown[]): Promise<string> =>
      (await client.query(sql, values)).rows[0].id;
    const document = `select id from app_public.create_document(title => $1, content => $2, source_url => $3, visibility => $4)`;
    const message =
      'select id from app_public.post_message(conversation_id => $1, content => $2, idempotency_key => $3)';
    const content = {
      document: await id(
        document,
        `${label} private`,
        `zebra of ${label}`,
        'https://example.org/1',
        'private',
      ),
      sharedDocument: await id(
        document,
        `${label} shared`,
        `zebra by ${label}`,
        'https://example.org/2',
        'workspace',
      ),
      conversation: await id(`select id from app_public.start_conversation($1)`, `${label} private`),
      sharedConversation: await id(
        `select id from app_public.start_conversation($1, 'workspace')`,
        `${label} shared`,
      ),
    };
    const messages: [string, string] = [
      await id(message, content.conversation, `zebra said ${label}`, 'first'),
      await id(message, content.conversation, `zebra, said ${label} again`, 'second'),
    ];
    await id(message, content.sharedConversation, `zebra told ${label} to all`, 'first');
    const apiKey = await id('select api_key_id as id from app_public.create_api_key($1)', `key of ${label}`);
    const memory = `select id from app_public.remember($1, subject => $2, visibility => $3)`;
    const known = {
      memory: await id(memory, `zebra that ${label} dreamt of`, 'dream', 'private'),
      sharedMemory: await id(memory, `zebra that ${label} tells of`, 'tale', 'workspace'),
      repository: await id(`select id from app_public.create_repository($1)`, `zebras of ${label}`),
      file: await id(
        `select id from app_hidden.register_file($1, 'text/plain', 5, sha256('zebra'))`,
        `${label}.txt`,
      ),
      event: await id(
        `select id from app_public.ingest_event('zoo', 'birth', jsonb_build_object('of', $1::text), 'birth of ' || $1)`,
        label,
      ),
    };
    await client.query(`select app_public.add_document_to_repository($1, $2, 'a/zebra.txt')`, [
      known.repository,
      content.document,
    ]);
    for (const [type, entity] of [
      ['document', content.document],
      ['conversation', content.sharedConversation],
      ['memory_item', known.memory],
    ]) {
      await client.query('select app_public.add_tag($1, $2, $3)', [`tag of ${label}`, type, entity]);
    }
    if (user.memberRole === 'owner') {
      await client.query(`select app_public.set_retention_policy('files', 7)`);
      await client.query(`select app_public.place_legal_hold($1, 'audit_logs')`, [`because of ${label}`]);
      await client.query('select app_public.export_workspace()');
      await client.query(
        `select app_public.test_webhook(webhook_id) from app_public.create_webhook('https://receiver.example/', '{budget.exceeded}')`,
      );
    }
    return { ...content, messages, apiKey, ...known };
  });
}

/** What belongs to a turn of a user's own conversation: one of each kind. */
export interface Dialogue {
  conversation: string;
  question: string;
  answer: string;
  chunk: string;
  toolCall: string;
  share: string;
  token: string;
  reservation: string;
  template: string;
  configuration: string;
}

/** Holds a turn as a user, with everything that can belong to one. Its content has to be indexed before. */
export async function addDialogue(database: Database, user: TestUser, label: string): Promise<Dialogue> {
  return asUser(database, user, async (client) => {
    const id = async (sql: string, ...values: unknown[]): Promise<string> =>
      (await client.query(sql, values)).rows[0].id;
    const conversation = await id('select id from app_public.start_conversation($1)', `${label} dialogue`);
    const chunk = await id(
      // not a memory that is shared: in what order sources are cut, nobody promises
      `select id from app_public.chunks where owner_id = $1 order by visibility, source_type <> 'document', id limit 1`,
      user.id,
    );
    const { rows: turn } = await client.query(
      `select id from app_public.record_turn($1, $2, 'yes', chunks => $3, tool_calls => $4, prompt_tokens => 5, completion_tokens => 2, cost_usd => 0.01)`,
      [
        conversation,
        `zebra? asks ${label}`,
        JSON.stringify([{ chunkId: chunk, similarityScore: 0.9 }]),
        JSON.stringify([{ name: 'look', arguments: { at: label }, result: label }]),
      ],
    );
    const [question, answer] = [turn[0].id as string, turn[1].id as string];
    await id('select app_public.mark_read($1)', conversation);
    await id(`select id from app_public.give_feedback($1, 'positive', 5, $2)`, answer, label);
    await id(`select id from app_public.record_image($1, $2, 'a/b.png', 1, 1)`, conversation, label);
    const { rows: links } = await client.query(
      'select id, token from app_public.share_conversation($1, $2)',
      [conversation, answer],
    );
    const configuration = await id('select id from app_public.rag_configurations where is_default');
    if (user.memberRole === 'owner') {
      await client.query('update app_public.rag_configurations set description = $1 where id = $2', [
        label,
        configuration,
      ]);
      await id(`select id from app_public.set_usage_budget('month', 1000000)`);
    }
    return {
      conversation,
      question,
      answer,
      chunk,
      toolCall: await id(`select id from app_public.request_tool_call($1, 'ask')`, answer),
      share: links[0].id,
      token: links[0].token,
      reservation: await id('select id from app_public.reserve_usage(10)'),
      template: await id(
        `select id from app_public.create_system_prompt_template($1, 'Hello {{name}}')`,
        label,
      ),
      configuration,
    };
  });
}

/** Computes the analytics of everything that is there, as the jobs do. */
export async function computeAnalytics(database: Database): Promise<void> {
  const worker = database.pool('worker');
  while (
    (await worker.query('select 1 from app_hidden.compute_conversation_analytics(1000)')).rows.length > 0
  );
  await worker.query('select app_hidden.compute_configuration_performance()');
  await worker.query('select app_hidden.refresh_summary_stats()');
}
