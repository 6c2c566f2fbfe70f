import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { describeReal } from '../support/server.ts';
import { sweep } from '../support/sweep.ts';
import { until } from '../support/users.ts';
import { type Account, register, startTestApi, type TestApi } from './support.ts';

/** A message of an import: externalId, its parent, who speaks, and what. */
interface Turn {
  id: string;
  parent?: string;
  speaker?: string;
  role?: 'user' | 'assistant' | 'tool' | 'system';
  at?: string;
  text: string;
}

/** A stored passage: who wrote it last, how often it was read, its vector's writer, and a hash of all but the reads. */
interface Written {
  version: string;
  reads: number;
  vector: string;
  row: string;
}

/** Whether more than its reads was written: searches are counted some time after they were answered. */
const wasWritten = (before: Written, after: Written) =>
  before.row !== after.row || (before.reads === after.reads && before.version !== after.version);

describeReal('the context of messages', () => {
  let api: TestApi;
  let worker: Worker;
  let ann: Account;

  beforeAll(async () => {
    api = await startTestApi();
    // sweeps are run by the tests: one of the schedule would fill in between two looks what they have taken away
    worker = await startWorker({
      pool: api.database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      only: ['index-source', 'index-large', 'embed-chunks'],
    });
    ann = await register(api, 'ann@example.org', 'Ann Archer');
  });
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
  });

  const owner = () => api.database.pool('owner');
  const one = async (sql: string, ...values: unknown[]) => (await owner().query(sql, values)).rows[0];
  const ask = async (query: string, variables: object = {}, user = ann) => {
    const reply = await api.ask(query, variables, {
      token: user.token,
      headers: { 'x-workspace-id': user.workspaceId },
    });
    expect(reply.errors).toEqual([]);
    return reply.data;
  };

  const isIndexed = async (id: string) =>
    (
      await one(
        `select indexed_sequence_number = last_sequence_number and indexed_leaf_id is not distinct from preferred_leaf_id
           and not exists (select from app_public.chunks k where k.conversation_id = c.id and not exists (
             select from app_public.embeddings e where e.workspace_id = k.workspace_id and e.chunk_id = k.id)) as done
         from app_public.conversations c where id = $1`,
        id,
      )
    ).done as boolean;

  let imports = 0;
  async function importTurns(turns: Turn[], user = ann, visibility = 'private', source?: string) {
    imports += 1;
    const payload = {
      source: source ?? `test:${imports}`,
      title: 'Talk',
      visibility,
      messages: turns.map((turn, n) => ({
        externalId: turn.id,
        parentExternalId: turn.parent,
        role: turn.role ?? 'user',
        content: turn.text,
        createdAt: turn.at ?? new Date(Date.UTC(2024, 0, 10, 9, n)).toISOString(),
        metadata: turn.speaker ? { speaker: turn.speaker } : {},
      })),
    };
    const data = await ask(
      'mutation ($payload: JSON!) { importConversation(input: { payload: $payload }) { importResult { id } } }',
      { payload },
      user,
    );
    const id: string = data.importConversation.importResult.id;
    await until(() => isIndexed(id));
    return id;
  }
  /** Messages of a line, one after the other. */
  const line = (texts: string[]): Turn[] => texts.map((text, n) => ({ id: `m${n}`, text }));

  async function find(query: string, user = ann) {
    const data = await ask(
      `query ($query: String!) { search(query: $query, kinds: [MESSAGE], mode: TEXT, maxResults: 20) {
         results { content heading snippet conversationId messageId } } }`,
      { query },
      user,
    );
    return data.search.results as {
      content: string;
      heading: string | null;
      snippet: string;
      conversationId: string;
      messageId: string;
    }[];
  }
  const texts = async (query: string, user = ann) => (await find(query, user)).map((hit) => hit.content);
  const messageOf = async (conversation: string, content: string): Promise<string> =>
    (
      await one(
        'select id from app_public.messages where conversation_id = $1 and content = $2',
        conversation,
        content,
      )
    ).id;
  const post = async (conversation: string, content: string, user = ann) => {
    await ask(
      'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
      { id: conversation, content },
      user,
    );
    await until(() => isIndexed(conversation));
  };
  const edit = async (messageId: string, content: string) =>
    ask(
      'mutation ($id: UUID!, $content: String!) { editMessage(input: { messageId: $id, content: $content }) { message { id } } }',
      { id: messageId, content },
    );
  const choose = async (messageId: string) =>
    ask('mutation ($id: UUID!) { chooseBranch(input: { messageId: $id }) { conversation { id } } }', {
      id: messageId,
    });
  /** What is stored of a conversation: xmin is the transaction that wrote a row last, which may have been the count of who read it. */
  const written = async (conversation: string) =>
    Object.fromEntries(
      (
        await owner().query(
          `select c.content, c.xmin::text as version, c.access_count as reads, e.xmin::text as vector,
             md5((to_jsonb(c) - 'access_count' - 'last_accessed_at')::text) as row
           from app_public.chunks c
           left join app_public.embeddings e on e.workspace_id = c.workspace_id and e.chunk_id = c.id
           where c.conversation_id = $1`,
          [conversation],
        )
      ).rows.map((row) => [row.content, row as Written]),
    );
  async function changed(conversation: string, work: () => Promise<unknown>) {
    const before = await written(conversation);
    await work();
    await until(() => isIndexed(conversation));
    const after = await written(conversation);
    const old = Object.keys(after).filter((content) => before[content]);
    return {
      passages: old.filter((content) => wasWritten(before[content]!, after[content]!)),
      vectors: old.filter((content) => before[content]!.vector !== after[content]!.vector),
    };
  }

  describe('words', () => {
    it('of the messages beside it find a message, below the one that has them itself', async () => {
      await importTurns(
        line([
          'Shall we take the ferry?',
          'No idea about that.',
          'What does the zeppelin cost?',
          'Forty crowns, I think.',
          'Too much for me.',
          'Then we walk.',
        ]),
      );
      expect(await texts('zeppelin')).toEqual([
        'What does the zeppelin cost?',
        // one step away, in any order, and then two
        expect.stringMatching(/No idea|Forty crowns/),
        expect.stringMatching(/No idea|Forty crowns/),
        expect.stringMatching(/ferry|Too much/),
        expect.stringMatching(/ferry|Too much/),
      ]);
    });

    it('of another message are never shown for it', async () => {
      await importTurns(line(['Is the quokka asleep?', 'Yes, since noon.']));
      const hit = (await find('quokka')).find(({ content }) => content === 'Yes, since noon.');
      expect(hit).toMatchObject({ heading: null, snippet: 'Yes, since noon.' });
    });

    it('find the speaker and the day', async () => {
      await importTurns([
        { id: '1', speaker: 'Anneliese', at: '2023-05-07T10:00:00Z', text: 'The kiln is repaired.' },
        { id: '2', speaker: 'Bertram', at: '2023-05-07T10:01:00Z', text: 'Splendid news.' },
        { id: '3', speaker: 'Bertram', at: '2023-09-02T10:01:00Z', text: 'It broke again.' },
        { id: '4', speaker: 'Anneliese', at: '2023-09-03T10:01:00Z', text: 'What a pity.' },
      ]);
      expect((await texts('Anneliese May')).at(0)).toBe('The kiln is repaired.');
      expect((await texts('Bertram September Saturday 2023')).at(0)).toBe('It broke again.');
    });

    it('find the members of a workspace by name, until their account is gone', async () => {
      const bob = await register(api, 'bob@example.org', 'Bob Boulder');
      await owner().query(
        `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'member')`,
        [ann.workspaceId, bob.userId],
      );
      const id = await importTurns(line(['Who has the keys of the boathouse?']), ann, 'workspace');
      const { workspaceId } = ann;
      const guest = { ...bob, workspaceId };
      await post(id, 'They hang in my hall.', guest);
      expect(await texts('Boulder')).toContain('They hang in my hall.');
      await owner().query('delete from app_public.users where id = $1', [bob.userId]);
      expect(await texts('Boulder')).toEqual([]);
      await sweep(api.database);
      expect(await texts('Boulder')).toEqual([]);
      expect(await texts('boathouse')).toContain('They hang in my hall.');
    });

    it('step over what tools and systems say', async () => {
      await importTurns([
        { id: '1', text: 'How warm is the samovar?' },
        { id: '2', role: 'tool', text: '{"celsius": 91, "probe": "gizmo"}' },
        { id: '3', role: 'assistant', text: 'Hot enough by now.' },
      ]);
      expect(await texts('samovar')).toEqual(['How warm is the samovar?', 'Hot enough by now.']);
      expect(await texts('gizmo')).toEqual([]);
    });

    it('of what follows stand with the last passage of a long message alone, of what precedes with all', async () => {
      const long = Array.from(
        { length: 12 },
        (_, n) => `Point ${n}: ${'the tide rises and falls. '.repeat(12)}`,
      );
      const id = await importTurns([
        { id: '1', text: 'Explain the theodolite to me.' },
        { id: '2', role: 'assistant', text: long.join('\n\n') },
        { id: '3', text: 'And the planimeter?' },
      ]);
      const { rows } = await owner().query(
        `select context_near like '%theodolite%' as before, context_near like '%planimeter%' as after, lead_in
         from app_public.chunks c join app_public.messages m on m.id = c.message_id
         where c.conversation_id = $1 and m.sequence_number = 2 order by c.chunk_index`,
        [id],
      );
      expect(rows.length).toBeGreaterThan(3);
      expect(rows.every((row) => row.before)).toBe(true);
      expect(rows.map((row) => row.after)).toEqual(rows.map((_, n) => n === rows.length - 1));
      expect(rows.map((row) => row.lead_in)).toEqual(
        rows.map((_, n) => (n === 0 ? 'Explain the theodolite to me.' : null)),
      );
    });
  });

  describe('a branch that was left', () => {
    it('lends its words to none that stayed, and takes none', async () => {
      const id = await importTurns(
        line(['Where shall we meet?', 'At the velodrome.', 'I bring the bassoon.', 'Good.']),
      );
      expect(await texts('velodrome')).toContain('Where shall we meet?');
      const touched = await changed(id, () =>
        messageOf(id, 'At the velodrome.').then((m) => edit(m, 'At the observatory.')),
      );
      // what stood before it, and nothing of what was left
      expect(touched).toEqual({ passages: ['Where shall we meet?'], vectors: [] });
      expect(await texts('velodrome')).not.toContain('Where shall we meet?');
      expect(await texts('bassoon')).not.toContain('Where shall we meet?');
      expect(await texts('observatory')).toEqual(
        expect.arrayContaining(['At the observatory.', 'Where shall we meet?']),
      );
      expect(await texts('observatory')).toHaveLength(2);
      // the one that was left is still found, with what leads to it
      expect(await texts('velodrome')).toContain('At the velodrome.');

      const back = await changed(id, () => messageOf(id, 'At the velodrome.').then(choose));
      expect(back).toEqual({ passages: ['Where shall we meet?'], vectors: [] });
      expect(await texts('observatory')).toEqual(['At the observatory.']);
      expect(await texts('velodrome')).toContain('Where shall we meet?');
      expect(await changed(id, () => messageOf(id, 'Good.').then(choose))).toEqual({
        passages: [],
        vectors: [],
      });
    });

    it('is left alone when the sweep finds the choice that a lost job did not follow', async () => {
      const id = await importTurns(line(['Which way?', 'By the aqueduct.']));
      await edit(await messageOf(id, 'By the aqueduct.'), 'By the viaduct.');
      await until(() => isIndexed(id));
      await owner().query('update app_public.conversations set preferred_leaf_id = $2 where id = $1', [
        id,
        await messageOf(id, 'By the aqueduct.'),
      ]);
      await sweep(api.database);
      await until(() => isIndexed(id));
      expect(await texts('aqueduct')).toContain('Which way?');
      expect(await texts('viaduct')).toEqual(['By the viaduct.']);
    });

    it('gives its copy in a conversation of its own neighbours of its own', async () => {
      const id = await importTurns(line(['First the harpsichord.', 'Then the lute.', 'Last the rebec.']));
      const data = await ask(
        'mutation ($id: UUID!) { branchConversation(input: { messageId: $id }) { conversation { id } } }',
        { id: await messageOf(id, 'Then the lute.') },
      );
      const copy: string = data.branchConversation.conversation.id;
      await until(() => isIndexed(copy));
      await post(copy, 'Then silence.');
      const hits = await find('rebec');
      expect(hits.map((hit) => hit.conversationId)).not.toContain(copy);
      expect((await find('silence')).map((hit) => hit.conversationId)).toEqual([copy, copy, copy]);
    });
  });

  it('is written anew for two others at most when a message follows, and no vector is made anew', async () => {
    const id = await importTurns(line(['One apricot.', 'Two bananas.', 'Three cherries.', 'Four damsons.']));
    const touched = await changed(id, () => post(id, 'Five elderberries.'));
    expect(touched.passages.sort()).toEqual(['Four damsons.', 'Three cherries.']);
    expect(touched.vectors).toEqual([]);
    expect(await changed(id, () => post(id, 'Six figs.'))).toMatchObject({ vectors: [] });
  });

  it('is written anew beside a message that an import brings later', async () => {
    const turns = line(['Early gooseberry.', 'Middle hawthorn.', 'Late ivy.', 'Latest juniper.', 'End.']);
    const source = 'test:later';
    const at = (n: number) => new Date(Date.UTC(2024, 1, 1, 9, n)).toISOString();
    const dated = turns.map((turn, n) => ({ ...turn, at: at(n) }));
    const id = await importTurns(dated.toSpliced(1, 1), ann, 'private', source);
    expect(await texts('hawthorn')).toEqual([]);
    await importTurns(dated, ann, 'private', source);
    await until(() => isIndexed(id));
    expect(await texts('hawthorn')).toEqual(
      expect.arrayContaining(['Early gooseberry.', 'Middle hawthorn.', 'Late ivy.']),
    );
  });

  it('stays within its conversation, its tenant and what its reader may see', async () => {
    const cyd = await register(api, 'cyd@example.org', 'Cyd');
    await importTurns(line(['The password of the marmoset is swordfish.', 'Noted.']));
    await importTurns(line(['Nothing to see.', 'Nothing at all.']));
    await importTurns(line(['Elsewhere.', 'Altogether.']), cyd);
    expect((await texts('marmoset')).sort()).toEqual([
      'Noted.',
      'The password of the marmoset is swordfish.',
    ]);
    expect(await texts('marmoset', cyd)).toEqual([]);
    expect(await texts('swordfish', cyd)).toEqual([]);
  });

  it('follows the visibility of its conversation', async () => {
    const dee = await register(api, 'dee@example.org', 'Dee');
    await owner().query(
      `insert into app_public.workspace_members (workspace_id, user_id, role) values ($1, $2, 'viewer')`,
      [ann.workspaceId, dee.userId],
    );
    const viewer = { ...dee, workspaceId: ann.workspaceId };
    const id = await importTurns(line(['Where is the pangolin?', 'Under the porch.']), ann, 'workspace');
    expect(await texts('pangolin', viewer)).toContain('Under the porch.');
    await ask(
      'mutation ($id: UUID!) { updateConversation(input: { id: $id, patch: { visibility: PRIVATE } }) { conversation { id } } }',
      { id },
    );
    expect(await texts('pangolin', viewer)).toEqual([]);
    expect(await texts('pangolin')).toContain('Under the porch.');
  });

  it('stays when the conversation is packed, and when the language is corrected', async () => {
    const eve = await register(api, 'eve@example.org', 'Eve');
    const id = await importTurns(line(['Feed the axolotl at six.', 'Will do.']), eve);
    await ask(
      'mutation ($id: UUID!) { archiveConversation(input: { conversationId: $id }) { conversation { id } } }',
      { id },
      eve,
    );
    const worker = api.database.pool('worker');
    await worker.query(
      `select app_hidden.archive_old_conversations(idle_for => interval '0', min_messages => 1)`,
    );
    expect(
      (await one('select storage_tier from app_public.conversations where id = $1', id)).storage_tier,
    ).toBe('warm');
    expect((await texts('axolotl', eve)).sort()).toEqual(['Feed the axolotl at six.', 'Will do.']);
    await ask(
      'mutation { setWorkspaceLanguage(input: { textSearchLanguage: GERMAN }) { workspace { id } } }',
      {},
      eve,
    );
    await worker.query('select app_hidden.correct_chunk_languages()');
    expect((await texts('axolotl', eve)).sort()).toEqual(['Feed the axolotl at six.', 'Will do.']);
  });

  describe('of what was indexed before', () => {
    /** As an older release left it: no context, and the vector of the words alone. */
    const forget = async (conversation: string) =>
      owner().query(
        `update app_public.chunks set context_near = null, context_far = null, lead_in = null,
           content_hash = app_hidden.text_hash(concat_ws(E'\\n', heading, content))
         where conversation_id = $1`,
        [conversation],
      );

    it('is given by the sweep, newest first, a batch at a time, with new vectors of a model on this machine', async () => {
      const older = await importTurns(line(['An old theremin.', 'So it is.']));
      const newer = await importTurns(line(['A new ocarina.', 'Quite so.']));
      await forget(older);
      await forget(newer);
      const before = await written(newer);
      const fill = async (chunks: number) =>
        (await one('select app_hidden.fill_message_contexts($1) as filled', chunks)).filled;
      expect(await fill(1)).toBe(1);
      expect(await texts('ocarina')).toEqual(['A new ocarina.', 'Quite so.']);
      expect(await texts('theremin')).toEqual(['An old theremin.']);
      expect(await fill(100)).toBe(3);
      expect(await fill(100)).toBe(0);
      expect(await texts('theremin')).toEqual(['An old theremin.', 'So it is.']);
      await until(() => isIndexed(newer));
      const after = await written(newer);
      expect(after['A new ocarina.']!.vector).toBe(before['A new ocarina.']!.vector);
      expect(after['Quite so.']!.vector).not.toBe(before['Quite so.']!.vector);
    });

    it('is given to a packed conversation too, which stays packed', async () => {
      const id = await importTurns(line(['A packed didgeridoo.', 'Into the box.']));
      await ask(
        'mutation ($id: UUID!) { archiveConversation(input: { conversationId: $id }) { conversation { id } } }',
        { id },
      );
      await api.database
        .pool('worker')
        .query(`select app_hidden.archive_old_conversations(idle_for => interval '0', min_messages => 1)`);
      await forget(id);
      expect(await texts('didgeridoo')).toEqual(['A packed didgeridoo.']);
      await sweep(api.database);
      expect(await texts('didgeridoo')).toEqual(['A packed didgeridoo.', 'Into the box.']);
      expect(
        (await one('select storage_tier from app_public.conversations where id = $1', id)).storage_tier,
      ).not.toBe('hot');
    });
  });
});
