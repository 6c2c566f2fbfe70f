import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobContext } from '../../../jobs/job.ts';
import { processEvents } from '../../../jobs/process-events.ts';
import { log } from '../../../lib/log.ts';
import type { Summariser } from '../../../models/summary/summariser.ts';
import { call, code, database, endScene, newcomer, one, owner, setScene } from '../../support/accounts.ts';
import { said } from '../../support/said.ts';
import { describeReal } from '../../support/server.ts';
import { join } from '../../support/tenants.ts';
import { asRole, type TestUser } from '../../support/users.ts';

describeReal('replaying events', () => {
  let ann: TestUser;
  let bob: TestUser;
  /** What the summariser says of a text; it fails where this throws. */
  let says: (text: string) => string;
  /** Tokens of a summary, where the summariser is paid. */
  let price: number | undefined;

  beforeAll(async () => {
    log.level = 'silent';
    await setScene();
    ann = await newcomer('ann');
    bob = await newcomer('bob');
  });
  afterAll(endScene);

  const summariser = (): Summariser => ({
    name: 'fake',
    model: 'fake',
    ...(price === undefined
      ? {}
      : { estimate: () => ({ promptTokens: price!, completionTokens: 0, costUsd: 0 }) }),
    summarise: async (text) => ({ text: says(text), promptTokens: 0, completionTokens: 0, costUsd: 0 }),
    close: async () => {},
  });
  /** Does what a worker does with the events of a source that are due. */
  const process = (user: TestUser, source = 'minutes') =>
    processEvents.handle(
      {
        pool: database.pool('worker'),
        boss: { send: async () => null },
        summariser,
        signal: new AbortController().signal,
        log,
      } as unknown as JobContext,
      { workspaceId: user.workspaceId, source },
    ) as Promise<Record<string, number>>;
  const due = () =>
    owner().query('update app_public.raw_events set retry_at = null where retry_at is not null');
  async function ingest(user: TestUser, word: string, source = 'minutes'): Promise<string> {
    const [event] = await call(
      user,
      `select * from app_public.ingest_event($1, 'message', $2::jsonb)`,
      source,
      JSON.stringify({ text: `${word}. ${'The minutes of the meeting are long. '.repeat(20)}` }),
    );
    return event.id;
  }
  const first = (text: string) => `Old: ${text.slice(0, text.indexOf('.'))}`;
  const second = (text: string) => `New: ${text.slice(0, text.indexOf('.'))}`;
  /** What the summariser said of an event; the passages of its own words stand before it. */
  const passage = async (id: string) =>
    (
      await owner().query(
        `select content from app_public.chunks where raw_event_id = $1 and heading like '%summary'`,
        [id],
      )
    ).rows.map((row) => row.content);
  const whole = async (id: string) =>
    (
      await owner().query(
        `select string_agg(content, '' order by chunk_index) as text from app_public.chunks
         where raw_event_id = $1 and heading not like '%summary'`,
        [id],
      )
    ).rows[0].text;
  const replay = async (user: TestUser, args = '') =>
    (await call(user, `select * from app_public.replay_events(${args})`))[0];
  const event = (id: string) =>
    one(
      'select processing_status as status, error, replay_requested_at from app_public.raw_events where id = $1',
      id,
    );

  it('puts the new passage in the place of the old in one step, and keeps what answers cited', async () => {
    says = first;
    const id = await ingest(ann, 'Harbour');
    await process(ann);
    expect(await passage(id)).toEqual(['Old: Harbour']);
    const chunk = await one(
      `select id from app_public.chunks where raw_event_id = $1 and heading like '%summary'`,
      id,
    );
    await owner().query('select app_private.keep_passages($1, array[$2::uuid])', [ann.workspaceId, chunk.id]);

    expect(await replay(ann, `ids => array['${id}'::uuid]`)).toEqual({
      events: 1,
      last_id: null,
      waiting: '1',
    });
    // asking twice is asking once
    expect(await replay(ann)).toEqual({ events: 0, last_id: null, waiting: '1' });
    expect(await passage(id)).toEqual(['Old: Harbour']);
    says = second;
    // whoever reads while it is stored sees the old one
    const client = await database.pool('worker').connect();
    try {
      await client.query('begin');
      const { rows } = await client.query(
        `select event_id, attempt from app_hidden.claim_events($1, 'minutes')`,
        [ann.workspaceId],
      );
      await client.query('commit');
      await client.query('begin');
      await client.query('select app_hidden.complete_event($1, $2, $3, $4)', [
        ann.workspaceId,
        id,
        rows[0].attempt,
        said('New: Harbour', 'summary'),
      ]);
      expect(await passage(id)).toEqual(['Old: Harbour']);
      await client.query('commit');
    } finally {
      client.release();
    }
    expect(await passage(id)).toEqual(['New: Harbour']);
    expect(await event(id)).toEqual({ status: 'completed', error: null, replay_requested_at: null });
    expect(await one('select content from app_hidden.cited_passages where raw_event_id = $1', id)).toEqual({
      content: 'Old: Harbour',
    });
    // the job has its own words, too; from then on they are the same passages
    await replay(ann);
    await process(ann);
    expect(await whole(id)).toContain('Harbour. The minutes of the meeting are long.');
    const ids = async () =>
      (await owner().query('select id from app_public.chunks where raw_event_id = $1 order by 1', [id])).rows;
    const later = await ids();
    await replay(ann);
    expect(await process(ann)).toMatchObject({ known: 1, stored: 0 });
    expect(await ids()).toEqual(later);
    // another summary leaves them, and their vectors, where they are
    says = (text) => `Other: ${text.slice(0, 7)}`;
    await replay(ann);
    await process(ann);
    expect(await passage(id)).toEqual(['Other: Harbour']);
    expect((await ids()).filter((row) => later.some((old) => old.id === row.id))).toHaveLength(
      later.length - 1,
    );
  });

  it('finds a long one by its own words when the summariser never answers', async () => {
    says = () => {
      throw new Error('The summariser is ill');
    };
    const id = await ingest(ann, 'Quay', 'unsummed');
    await process(ann, 'unsummed');
    expect(await event(id)).toMatchObject({ status: 'processing', error: expect.stringContaining('ill') });
    expect([await passage(id), await whole(id)]).toEqual([[], expect.stringContaining('Quay')]);
    await owner().query('delete from app_public.raw_events where id = $1', [id]);
  });

  it('leaves the old passage where the summariser fails, and where the budget has no room', async () => {
    says = first;
    const id = await ingest(ann, 'Lantern', 'failing');
    await process(ann, 'failing');
    await replay(ann, `'failing'`);
    says = () => {
      throw new Error('The summariser is ill');
    };
    for (let n = 0; n < 5; n++) {
      await due();
      await process(ann, 'failing');
    }
    expect(await event(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('ill') });
    expect(await passage(id)).toEqual(['Old: Lantern']);
    says = second;
    await replay(ann, `'failing'`);
    await process(ann, 'failing');
    expect(await passage(id)).toEqual(['New: Lantern']);

    // paid, and the budget is too small: it waits, with the reason
    await call(ann, `select app_public.set_usage_budget('month', 10)`);
    price = 100;
    says = () => 'Too dear';
    await replay(ann, `'failing'`);
    await process(ann, 'failing');
    expect(await event(id)).toMatchObject({ status: 'pending', error: expect.stringContaining('(CQ220)') });
    expect(await passage(id)).toEqual(['New: Lantern']);
    await owner().query('delete from app_public.usage_budgets');
    await due();
    await process(ann, 'failing');
    expect([await passage(id), (await event(id)).status]).toEqual([['Too dear'], 'completed']);
    expect(
      await one(
        `select count(*)::int as n from app_public.usage_logs where action = 'event_summary' and metadata ->> 'rawEventId' = $1`,
        id,
      ),
    ).toEqual({ n: 1 });
    price = undefined;
  });

  it('gives a passage that events share to the other one, and takes an event that says nothing any more off', async () => {
    says = () => 'The same';
    const [one1, other] = [await ingest(ann, 'Twin', 'twins'), await ingest(ann, 'Twin', 'twins')];
    await process(ann, 'twins');
    expect([await passage(one1), await passage(other)]).toEqual([['The same'], []]);
    says = second;
    await replay(ann, `ids => array['${one1}'::uuid]`);
    await process(ann, 'twins');
    expect([await passage(one1), await passage(other)]).toEqual([['New: Twin'], ['The same']]);
    // one that is deleted while it is processed leaves nothing
    await replay(ann, `'twins'`);
    const { rows } = await database
      .pool('worker')
      .query(`select event_id, attempt from app_hidden.claim_events($1, 'twins')`, [ann.workspaceId]);
    await owner().query('delete from app_public.raw_events where id = $1', [other]);
    for (const claim of rows) {
      const outcome = await database
        .pool('worker')
        .query(`select app_hidden.complete_event($1, $2, $3, $4) as outcome`, [
          ann.workspaceId,
          claim.event_id,
          claim.attempt,
          claim.event_id === one1 ? said('', '') : said('late', 'summary'),
        ]);
      expect(outcome.rows[0].outcome).toBe(claim.event_id === one1 ? 'empty' : 'late');
    }
    expect([await passage(one1), await passage(other)]).toEqual([[], []]);
  });

  it('goes in bounded steps, behind what is new, by source and time, within the workspace', async () => {
    says = first;
    const ids: string[] = [];
    for (const word of ['a', 'b', 'c']) ids.push(await ingest(ann, word, 'steps'));
    await process(ann, 'steps');
    const theirs = await ingest(bob, 'z', 'steps');
    await process(bob, 'steps');
    const step1 = await replay(ann, `'steps', max_events => 2`);
    expect(step1).toEqual({ events: 2, last_id: ids[1], waiting: '2' });
    expect(await replay(ann, `'steps', max_events => 2, after_id => '${step1.last_id}'`)).toEqual({
      events: 1,
      last_id: null,
      waiting: '3',
    });
    const fresh = await ingest(ann, 'fresh', 'steps');
    const { rows } = await database
      .pool('worker')
      .query(`select event_id from app_hidden.claim_events($1, 'steps', 1, lease => '0')`, [ann.workspaceId]);
    expect(rows).toEqual([{ event_id: fresh }]);
    await process(ann, 'steps');
    expect((await event(theirs)).status).toBe('completed');
    expect(await replay(ann, `'steps', ingested_from => now() + interval '1 hour'`)).toMatchObject({
      events: 0,
    });
    expect(await replay(ann, `'steps', ingested_to => now() - interval '1 hour'`)).toMatchObject({
      events: 0,
    });
    expect(
      await replay(
        ann,
        `'steps', ingested_from => now() - interval '1 hour', ingested_to => now() + interval '1 hour'`,
      ),
    ).toMatchObject({ events: 4 });
    await process(ann, 'steps');
    // two at once take each event once
    const both = await Promise.all([replay(ann, `'steps'`), replay(ann, `'steps'`)]);
    expect(both.map(({ events }) => events).sort()).toEqual([0, 4]);
    await process(ann, 'steps');
    expect(await replay(ann, `ids => array['${theirs}'::uuid]`)).toMatchObject({ events: 0 });
    expect(await code(replay(ann, `max_events => 0`))).toBe('CQ200');
    expect(await code(replay(ann, `ids => array_fill('${theirs}'::uuid, array[1001])`))).toBe('CQ200');
  });

  it('is for those who manage the workspace', async () => {
    for (const [role, refusal] of [
      ['admin', 'allowed'],
      ['member', 'CQ114'],
      ['viewer', 'CQ109'],
    ]) {
      const user = await join(database, await newcomer(role), ann.workspaceId, role!);
      expect(await code(replay(user))).toBe(refusal);
    }
    const key = asRole(
      database,
      'colloquy_user',
      { userId: ann.id, workspaceId: ann.workspaceId, memberRole: 'owner', scopes: 'read,write' },
      (client) => client.query('select app_public.replay_events()'),
    );
    expect(await code(key)).toBe('CQ114');
  });
});
