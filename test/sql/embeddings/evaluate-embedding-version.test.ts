import { toSql } from 'pgvector';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { errorCode } from '../../../lib/errors.ts';
import { evaluateVersion } from '../../../models/evaluate.ts';
import type { EmbeddingProvider, ProviderVersion } from '../../../models/provider.ts';
import { vectorOfText, vectorOfWords } from '../../support/fake-openai.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asRole, asUser, asVisitor, registerUser, type TestUser } from '../../support/users.ts';
import {
  activeVersion,
  addChunks,
  asAdministrator,
  buildIndex,
  registerAdministrator,
} from '../../support/versions.ts';

const NOWHERE = '01890000-0000-7000-8000-000000000000';

/** A model that understands words, and one that understands nothing: named by what they do. */
const vectorBy = (model: string, text: string, dimensions: number): number[] =>
  /words|universal/.test(model) ? vectorOfWords(text, dimensions) : vectorOfText(text, dimensions);

const asked: string[] = [];

function open({ provider, model, dimensions }: ProviderVersion): EmbeddingProvider {
  return {
    name: provider,
    model,
    dimensions,
    maxTokens: 8192,
    price: 0,
    async embed(texts) {
      asked.push(...texts.map((text) => `${model}: ${text}`));
      return {
        vectors: texts.map((text) => Float32Array.from(vectorBy(model, text, dimensions))),
        tokens: 0,
        failures: [],
      };
    },
    async close() {},
  };
}

describeReal('an embedding version before it is activated', () => {
  let database: Database;
  let admin: TestUser;
  let ann: TestUser;
  let bob: TestUser;
  let first: string;
  let documentId: string;

  const owner = () => database.pool('owner');
  const worker = () => database.pool('worker');
  const asAdmin = async (sql: string, ...values: unknown[]) =>
    asAdministrator(database, admin, async (client) => (await client.query(sql, values)).rows[0]);
  const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'allowed',
      (error) => errorCode(error),
    );
  const activate = (id: string, accept?: boolean) =>
    asAdmin('select * from app_public.activate_embedding_version($1, accept => $2)', id, accept ?? false);
  const verdictOf = async (id: string) =>
    (await asAdmin('select verdict from app_public.embedding_version_evaluation($1)', id)).verdict;

  /** Gives every chunk its vector of a version, by its model. */
  async function fill(version: string): Promise<void> {
    const { rows: versions } = await owner().query(
      'select model, dimensions, passage_prefix from app_public.embedding_versions where id = $1',
      [version],
    );
    const { model, dimensions, passage_prefix } = versions[0];
    const { rows } = await owner().query(
      `select workspace_id, id, concat_ws(E'\\n', heading, content) as text from app_public.chunks`,
    );
    for (const { workspace_id, id, text } of rows) {
      await worker().query('select app_hidden.store_embeddings($1, $2, $3, $4)', [
        version,
        workspace_id,
        [id],
        [toSql(vectorBy(model, passage_prefix + text, dimensions))],
      ]);
    }
  }
  async function make(name: string, model: string): Promise<string> {
    const { id } = await asAdmin(
      `select id from app_public.create_embedding_version($1, 'test', $2, 64, query_prefix => 'q: ')`,
      name,
      model,
    );
    await fill(id);
    await buildIndex(database, id);
    return id;
  }

  /** Documents of one passage each, about things that nothing else is about. */
  const words = (n: number) => [`apple${n}`, `bridge${n}`, `copper${n}`, `dolphin${n}`].join(' ');

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    admin = await registerAdministrator(database, 'admin@example.org');
    ann = await registerUser(database, 'ann@example.org');
    bob = await registerUser(database, 'bob@example.org');
    for (let n = 0; n < 40; n += 1) documentId = await addChunks(database, ann, 1, `About ${words(n)}`);
    await addChunks(database, bob, 5, 'Secrets of Bob');
    first = await activeVersion(database);
    await fill(first);
  });
  afterAll(() => database?.close());

  it('is judged by administrators of the installation only, and evaluated by the worker and the owner only', async () => {
    const ask = `select app_public.embedding_version_evaluation('${first}')`;
    expect(await codeOf(asVisitor(database, (client) => client.query(ask)))).toBe('42501');
    expect(await codeOf(asUser(database, ann, (client) => client.query(ask)))).toBe('42501');
    expect(await codeOf(worker().query(ask))).toBe('42501');
    const claims = { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner' };
    expect(await codeOf(asRole(database, 'colloquy_admin', claims, (client) => client.query(ask)))).toBe(
      'CQ121',
    );
    expect(await codeOf(asAdmin('select app_public.embedding_version_evaluation($1)', NOWHERE))).toBe(
      'CQ204',
    );
    for (const sql of [
      `select app_hidden.evaluation_questions('${first}', '${first}')`,
      `select app_hidden.evaluate_embedding_version('${first}', '${first}', '[]')`,
      'select app_hidden.versions_to_evaluate()',
      'select * from app_hidden.embedding_evaluations',
    ]) {
      expect(await codeOf(asUser(database, ann, (client) => client.query(sql))), sql).toBe('42501');
      expect(await codeOf(asAdmin(sql)), sql).toBe('42501');
    }
    expect(await codeOf(worker().query('select * from app_hidden.embedding_evaluations'))).toBe('42501');
    expect(await codeOf(worker().query('select app_private.recorded_questions(10)'))).toBe('42501');
  });

  it('is refused while nobody can tell, and when it finds less; accepting it is written down', async () => {
    const nonsense = await make('nonsense', 'nonsense');
    expect(await verdictOf(nonsense)).toBe('unjudged');
    expect(await codeOf(activate(nonsense))).toBe('CQ309');
    expect((await worker().query('select * from app_hidden.versions_to_evaluate()')).rows).toEqual([
      { version_id: nonsense, baseline_id: first },
    ]);

    asked.length = 0;
    const evaluation = await evaluateVersion(worker(), open, nonsense, first);
    // few questions were recorded: passages ask, each model with its own prefix
    expect(evaluation).toMatchObject({
      verdict: 'worse',
      source: 'passages',
      questions: 45,
      k: 10,
    });
    expect(evaluation.baseline_recall).toBeGreaterThan(0.9);
    expect(evaluation.recall).toBeLessThan(0.7);
    expect(evaluation.mrr_difference_high).toBeLessThan(0);
    expect(asked.filter((text) => text.startsWith('nonsense: q: '))).toHaveLength(45);
    expect(asked.filter((text) => text.includes('lite: q: '))).toHaveLength(0);
    expect((await worker().query('select * from app_hidden.versions_to_evaluate()')).rows).toEqual([]);

    expect(await codeOf(activate(nonsense))).toBe('CQ308');
    await expect(activate(nonsense)).rejects.toThrow(/finds less than "local-1": recall@10 0\.\d+ against/);
    expect(await activeVersion(database)).toBe(first);
    await activate(nonsense, true);
    expect(await activeVersion(database)).toBe(nonsense);
    const { rows } = await owner().query(
      `select new_values ->> 'accepted' as accepted, new_values ->> 'verdict' as verdict from app_public.audit_logs
       where action = 'embedding_version.activated' and entity_id = $1`,
      [nonsense],
    );
    expect(rows).toEqual([{ accepted: 'true', verdict: 'worse' }]);
    // going back asks nobody
    await activate(first);
    expect(await activeVersion(database)).toBe(first);
  });

  it('is taken when it finds as much', async () => {
    const good = await make('good', 'words');
    const evaluation = await evaluateVersion(worker(), open, good, first);
    expect(['alike', 'better']).toContain(evaluation.verdict);
    await activate(good);
    expect(await activeVersion(database)).toBe(good);
    await activate(first);
  });

  it('is asked what users asked, once enough of that was answered with citations', async () => {
    // Ann asks about twenty of her documents, and the answers cite them
    await asUser(database, ann, async (client) => {
      for (let n = 0; n < 22; n += 1) {
        const { rows: cited } = await client.query(
          `select id from app_public.chunks where content like $1 limit 1`,
          [`About ${words(n)} says%`],
        );
        const { rows: started } = await client.query(
          `select id from app_public.start_conversation(title => 'about')`,
        );
        await client.query(
          `select app_public.record_turn(conversation_id => $1, question => $2, answer => 'So it is.', chunks => $3)`,
          [
            started[0].id,
            n === 0 ? 'Where is the unpopular thing?' : `What of dolphin${n} and copper${n}?`,
            JSON.stringify([{ chunkId: cited[0].id, score: 1 }]),
          ],
        );
      }
      // what was no good proves nothing
      await client.query(
        `select app_public.give_feedback(message_id => (select id from app_public.messages where role = 'assistant' order by id limit 1),
           feedback_type => 'negative')`,
      );
    });
    const { rows: questions } = await worker().query(
      'select source, user_id, question, relevant from app_hidden.evaluation_questions($1, $1)',
      [first],
    );
    expect(questions).toHaveLength(21);
    expect(questions.every((one) => one.source === 'answers' && one.user_id === ann.id)).toBe(true);
    expect(questions.some((one) => /unpopular/.test(one.question))).toBe(false);

    const { rows: ids } = await owner().query(
      `select id, name from app_public.embedding_versions where name in ('good', 'nonsense')`,
    );
    const idOf = (name: string) => ids.find((one) => one.name === name).id;
    expect(await evaluateVersion(worker(), open, idOf('good'), first)).toMatchObject({
      source: 'answers',
      questions: 21,
      recall: 1,
    });
    expect(await evaluateVersion(worker(), open, idOf('nonsense'), first)).toMatchObject({
      verdict: 'worse',
      source: 'answers',
    });
    // a margin that allows everything allows this
    await owner().query(
      `update app_private.settings set value = '1' where name = 'embedding_evaluation_margin'`,
    );
    expect(await verdictOf(idOf('nonsense'))).toBe('alike');
    await owner().query(
      `update app_private.settings set value = '0.05' where name = 'embedding_evaluation_margin'`,
    );
  });

  it('finds for a question only what who asked may read', async () => {
    const { rows } = await owner().query(
      `select c.id, c.workspace_id, e.embedding::text as vector from app_public.chunks c
       join app_public.embeddings e on e.version_id = $1 and e.workspace_id = c.workspace_id and e.chunk_id = c.id
       where c.document_id = $2`,
      [first, documentId],
    );
    const { id, workspace_id, vector } = rows[0];
    const { rows: others } = await owner().query(
      `select id from app_public.embedding_versions where name = 'good'`,
    );
    const { rows: dims } = await owner().query(
      'select embedding::text as vector from app_public.embeddings where version_id = $1 and chunk_id = $2',
      [others[0].id, id],
    );
    const evaluate = async (user: string) =>
      (
        await worker().query('select questions from app_hidden.evaluate_embedding_version($1, $2, $3)', [
          first,
          others[0].id,
          JSON.stringify([
            {
              source: 'answers',
              workspace_id,
              user_id: user,
              conversation_id: null,
              relevant: [id],
              vector,
              baseline_vector: dims[0].vector,
            },
          ]),
        ])
      ).rows[0].questions;
    expect(await evaluate(ann.id)).toBe(1);
    expect(await evaluate(bob.id)).toBe(0);
    expect(
      await codeOf(worker().query(`select app_hidden.evaluate_embedding_version($1, $1, '[]')`, [first])),
    ).toBe('CQ204');
    expect(
      await codeOf(
        worker().query(`select app_hidden.evaluate_embedding_version($1, $2, '{}')`, [first, others[0].id]),
      ),
    ).toBe('CQ200');
    expect(await codeOf(worker().query('select app_hidden.evaluation_questions($1, $1, 0)', [first]))).toBe(
      'CQ200',
    );
  });
});
