import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { serverDatabase } from '../../lib/database.ts';
import { type Account, register, startTestApi, type TestApi } from '../api/support.ts';
import { lockWaiters } from '../support/locks.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { until } from '../support/users.ts';
import { hashProvider } from '../support/versions.ts';

const GERMAN =
  'Die alten Häuser am Hafen wurden im Herbst verkauft, und die neuen Besitzer haben sie im Winter von Grund auf erneuert. ' +
  'Seither stehen dort wieder Werkstätten, kleine Läden und eine Bäckerei, die schon am frühen Morgen ihre Türen öffnet. ' +
  'Wer am Abend über die Brücke geht, hört die Schmiede hämmern und riecht den Rauch der Räucherkammern.';
const ENGLISH =
  'The engines of the ferry were running all night because the harbour master had warned the crew of the coming storm. ' +
  'By the morning the waves were carrying barrels and planks over the pier, and nobody was willing to leave the cabin. ' +
  'When the wind dropped at last, the sailors began repairing the railings and counting the losses.';
const FRENCH =
  'Les pêcheurs réparaient leurs filets sur le quai pendant que les enfants couraient derrière les mouettes. ' +
  'Chaque matin, les marchandes installaient leurs étals et criaient le prix des sardines à qui voulait les entendre.';

/** Nothing that tells a language. */
const TABLE = Array.from({ length: 40 }, (_, i) => `| A${i * 17} | ${i},5 |`).join('\n');

describeReal('languages of passages', () => {
  let api: TestApi;
  let worker: Worker;
  let ada: Account;
  let bob: Account;

  beforeAll(async () => {
    const database = serverDatabase((await createTestDatabase()).url);
    // small passages, so that a text of two languages has several
    await database
      .pool('owner')
      .query(
        `update app_public.embedding_versions set chunk_size = 100, chunk_overlap = 15 where status = 'active'`,
      );
    api = await startTestApi({ database });
    worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      openProvider: (version) => hashProvider(version),
    });
    ada = await register(api, 'ada@example.org');
    bob = await register(api, 'bob@example.org');
  });
  afterAll(async () => {
    await worker?.stop();
    await api?.close();
  });

  const ask = async (account: Account, query: string, variables: object = {}) => {
    const reply = await api.ask(query, variables, { token: account.token });
    expect(reply.errors).toEqual([]);
    return reply.data;
  };
  const indexed = (account: Account) =>
    until(
      async () => (await ask(account, '{ indexingProgress { isComplete } }')).indexingProgress.isComplete,
    );
  const add = async (
    account: Account,
    title: string,
    content: string,
    options: object = {},
  ): Promise<string> => {
    const data = await ask(
      account,
      `mutation ($title: String!, $content: String!, $type: ContentType, $code: String, $language: TextSearchLanguage) {
        createDocument(input: { title: $title, content: $content, contentType: $type, codeLanguage: $code, textSearchLanguage: $language }) { document { id } } }`,
      { title, content, ...options },
    );
    return data.createDocument.document.id;
  };
  const talk = async (account: Account, ...messages: string[]): Promise<string> => {
    const started = await ask(
      account,
      'mutation { startConversation(input: { title: "Talk" }) { conversation { id } } }',
    );
    const { id } = started.startConversation.conversation;
    for (const content of messages) {
      await ask(
        account,
        'mutation ($id: UUID!, $content: String!) { postMessage(input: { conversationId: $id, content: $content }) { message { id } } }',
        { id, content },
      );
    }
    return id;
  };
  /** Beginning and language of each passage of a source, and whether it was recognised. */
  const passages = async (
    account: Account,
    column: string,
    id: string,
  ): Promise<[string, string, boolean][]> => {
    const { rows } = await api.database.pool('owner').query(
      `select content, text_search_language, is_language_recognized from app_public.chunks
       where workspace_id = $1 and ${column} = $2 order by message_id, chunk_index`,
      [account.workspaceId, id],
    );
    return rows.map((row) => [
      row.content.slice(0, 11),
      row.text_search_language,
      row.is_language_recognized,
    ]);
  };
  const search = async (account: Account, query: string, filters: object = {}): Promise<string[]> => {
    const data = await ask(
      account,
      'query ($query: String!, $filters: SearchFilterInput) { search(query: $query, mode: TEXT, filters: $filters) { results { content } } }',
      { query, filters },
    );
    return data.search.results.map((result: { content: string }) => result.content);
  };
  const setLanguage = (account: Account, language: string) =>
    ask(
      account,
      'mutation ($language: TextSearchLanguage!) { setWorkspaceLanguage(input: { textSearchLanguage: $language }) { clientMutationId } }',
      { language: language.toUpperCase() },
    );
  const correct = async (): Promise<number> =>
    (await api.database.pool('worker').query('select app_hidden.correct_chunk_languages() as chunks')).rows[0]
      .chunks;
  /** Counts that are not what there is. */
  const miscounted = async () =>
    (
      await api.database.pool('owner').query(
        `select *
         from (select workspace_id, source_type, text_search_language, is_language_recognized, chunk_count from app_hidden.chunk_counts where chunk_count > 0) k
         full join (
           select workspace_id, source_type, text_search_language, is_language_recognized, count(*) as chunk_count from app_public.chunks group by 1, 2, 3, 4
         ) c using (workspace_id, source_type, text_search_language, is_language_recognized, chunk_count)
         where k is null or c is null`,
      )
    ).rows;

  it('a document that mixes two is found by other forms of the words of both', async () => {
    const id = await add(ada, 'Harbour', `${GERMAN}\n\n${ENGLISH}`, { type: 'TEXT' });
    // beside it, the same for somebody else, in whose workspace nothing else is
    await add(bob, 'Port', FRENCH, { type: 'TEXT' });
    await Promise.all([indexed(ada), indexed(bob)]);
    const all = await passages(ada, 'document_id', id);
    expect(all.length).toBeGreaterThan(1);
    expect(all).toContainEqual(['Die alten H', 'german', true]);
    expect(all.at(-1)!.slice(1)).toEqual(['english', true]);
    expect((await search(ada, 'Haus'))[0]).toContain('Häuser');
    expect((await search(ada, 'Werkstatt'))[0]).toContain('Werkstätten');
    expect((await search(ada, 'repairs'))[0]).toContain('repairing');
    expect((await search(ada, 'counts'))[0]).toContain('counting');
    expect((await search(bob, 'réparer'))[0]).toContain('réparaient');
    // by filter, passages in one of them
    expect(await search(ada, 'Haus', { textSearchLanguages: ['ENGLISH'] })).toEqual([]);
    expect(await search(ada, 'Haus', { textSearchLanguages: ['GERMAN'] })).toHaveLength(1);
    expect(await search(ada, 'counts', { textSearchLanguages: ['GERMAN'] })).toEqual([]);
    // GraphQL shows them, to who may read them
    const mine = '{ chunks(first: 50) { nodes { documentId textSearchLanguage isLanguageRecognized } } }';
    expect((await ask(ada, mine)).chunks.nodes).toContainEqual({
      documentId: id,
      textSearchLanguage: 'GERMAN',
      isLanguageRecognized: true,
    });
    expect((await ask(bob, mine)).chunks.nodes).toEqual([
      expect.objectContaining({ textSearchLanguage: 'FRENCH', isLanguageRecognized: true }),
    ]);
    expect(await miscounted()).toEqual([]);
  });

  it('what was declared holds for what is unsure, simple for all, and code is not looked at', async () => {
    const manual = await add(ada, 'Handbuch', `# Aufbau\n\n${ENGLISH}\n\n# Tabelle\n\n${TABLE}`, {
      type: 'MARKDOWN',
      language: 'GERMAN',
    });
    const asWritten = await add(ada, 'Wörtlich', GERMAN, { type: 'TEXT', language: 'SIMPLE' });
    const code = await add(ada, 'run.py', `# ${GERMAN.replaceAll('. ', '.\n# ')}\nprint(1)\n`, {
      type: 'CODE',
      code: 'python',
    });
    const chinese = await add(
      ada,
      '港口',
      '港口的老房子在秋天被卖掉了，新主人在冬天把它们重新修好。'.repeat(3),
      { type: 'TEXT' },
    );
    await indexed(ada);
    const parts = await passages(ada, 'document_id', manual);
    expect(new Set(parts.map(([, language, recognised]) => `${language} ${recognised}`))).toEqual(
      new Set(['english true', 'german false']),
    );
    const languages = async (id: string) =>
      new Set(
        (await passages(ada, 'document_id', id)).map(
          ([, language, recognised]) => `${language} ${recognised}`,
        ),
      );
    expect(await languages(asWritten)).toEqual(new Set(['simple false']));
    expect(await languages(code)).toEqual(new Set(['english false']));
    expect(await languages(chinese)).toEqual(new Set(['english false']));
  });

  it('passages that are kept take the language that the document has now, and the counts follow', async () => {
    const id = await add(bob, 'Notes', `${ENGLISH}\n\n${GERMAN}`, { type: 'TEXT', language: 'SIMPLE' });
    await indexed(bob);
    const before = await passages(bob, 'document_id', id);
    expect(new Set(before.map(([, language]) => language))).toEqual(new Set(['simple']));
    const ids = async () =>
      (
        await api.database
          .pool('owner')
          .query('select id from app_public.chunks where document_id = $1 order by 1', [id])
      ).rows;
    const old = await ids();
    await ask(
      bob,
      'mutation ($id: UUID!) { updateDocument(input: { id: $id, patch: { textSearchLanguage: DUTCH } }) { document { id } } }',
      { id },
    );
    await indexed(bob);
    expect(await ids()).toEqual(old);
    expect(new Set((await passages(bob, 'document_id', id)).map(([, language]) => language))).toEqual(
      new Set(['english', 'german']),
    );
    expect(await miscounted()).toEqual([]);
    await ask(
      bob,
      'mutation ($id: UUID!, $content: String!) { updateDocument(input: { id: $id, patch: { content: $content } }) { document { id } } }',
      {
        id,
        content: `${GERMAN}\n\nOk 17.`,
      },
    );
    await indexed(bob);
    const after = await passages(bob, 'document_id', id);
    expect(after.map(([, language]) => language)).not.toContain('english');
    expect(await miscounted()).toEqual([]);
  });

  it('documents that are cut anew at once, each in several languages, wait for each other in one order', async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, (_, i) => add(bob, `Page ${i}`, `Page ${i}.`, { type: 'TEXT' })),
    );
    await indexed(bob);
    const languages = ['german', 'english', 'french', null, 'danish', 'finnish'];
    const cut = (id: string, turn: number) =>
      api.database
        .pool('worker')
        .query(
          `select r.* from app_public.documents d, app_hidden.replace_document_chunks($1, d.id, d.content_hash, $3::jsonb) r where d.id = $2`,
          [
            bob.workspaceId,
            id,
            JSON.stringify(
              [0, 1, 2].map((index) => ({
                chunk_index: index,
                content: `${turn} ${index} ${id}`,
                start_offset: index,
                end_offset: index + 1,
                token_count: 1,
                language: languages[(turn * 7 + index * 5) % languages.length],
              })),
            ),
          ],
        );
    for (let turn = 0; turn < 10; turn += 1) await Promise.all(ids.map((id, i) => cut(id, turn + i)));
    expect(await miscounted()).toEqual([]);
    // nor does one hold up who deletes the workspace, who has it already and takes the counts then
    const holder = await api.database.pool('owner').connect();
    try {
      await holder.query('begin');
      await holder.query('select from app_public.workspaces where id = $1 for update', [bob.workspaceId]);
      const waits = cut(ids[0]!, 11);
      await until(async () => (await lockWaiters(api.database)).length > 0);
      await holder.query(
        'update app_hidden.chunk_counts set chunk_count = chunk_count where workspace_id = $1',
        [bob.workspaceId],
      );
      await holder.query('rollback');
      expect((await waits).rows).toHaveLength(1);
    } finally {
      holder.release();
    }
    // nobody waits for their vectors
    await api.database.pool('owner').query('delete from app_public.documents where id = any ($1)', [ids]);
    // what no rules are known for is refused
    await expect(
      api.database
        .pool('worker')
        .query('select app_private.recognized_language($1, $2)', ['english', 'klingon']),
    ).rejects.toThrow();
  });

  it('messages, memories and events have their own, and a short one has that of the workspace, also when that changes', async () => {
    const conversation = await talk(bob, GERMAN, ENGLISH, 'Ok.', FRENCH);
    const remembered = await ask(
      bob,
      'mutation ($content: String!) { remember(input: { content: $content, subject: "Hafen" }) { memoryItem { id } } }',
      {
        content: GERMAN.slice(0, 120),
      },
    );
    const ingested = await ask(
      bob,
      'mutation ($text: String!) { ingestEvent(input: { source: "chat", eventType: "note", payload: { text: $text } }) { rawEvent { id } } }',
      { text: FRENCH },
    );
    const event = () => passages(bob, 'raw_event_id', ingested.ingestEvent.rawEvent.id);
    await until(async () => (await event()).length > 0);
    await indexed(bob);
    const languages = () => passages(bob, 'conversation_id', conversation);
    expect((await event()).map(([, ...language]) => language)).toEqual([['french', true]]);
    expect(
      (await passages(bob, 'memory_item_id', remembered.remember.memoryItem.id)).map(
        ([, ...language]) => language,
      ),
    ).toEqual([['german', true]]);
    const said = await languages();
    expect(said).toContainEqual(['Die alten H', 'german', true]);
    expect(said).toContainEqual(['The engines', 'english', true]);
    expect(said).toContainEqual(['Les pêcheur', 'french', true]);
    expect(said).toContainEqual(['Ok.', 'english', false]);
    expect(await search(bob, 'Haus', { conversationId: conversation })).toHaveLength(1);

    await setLanguage(bob, 'spanish');
    expect(await correct()).toBe(1);
    // nothing else is looked for again
    expect(await correct()).toBe(0);
    expect(await languages()).toEqual(
      said.map((one) => (one[0] === 'Ok.' ? ['Ok.', 'spanish', false] : one)),
    );
    expect(await miscounted()).toEqual([]);
    // simple is as written, whatever was recognised; and nobody else's
    await setLanguage(bob, 'simple');
    while ((await correct()) > 0);
    expect(
      new Set((await languages()).map(([, language, recognised]) => `${language} ${recognised}`)),
    ).toEqual(new Set(['simple false']));
    expect(
      (await ask(ada, '{ chunks(first: 50) { nodes { textSearchLanguage } } }')).chunks.nodes,
    ).toContainEqual({ textSearchLanguage: 'GERMAN' });
    expect(await miscounted()).toEqual([]);
  });
});
