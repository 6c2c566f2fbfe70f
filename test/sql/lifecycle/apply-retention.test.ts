import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { retention } from '../../../jobs/retention.ts';
import { log } from '../../../lib/log.ts';
import { type Applied, applyRetention, type Batch } from '../../../operations/retention/apply.ts';
import { figureOf, KINDS, type Kind, type Scope } from '../../../operations/retention/kinds.ts';
import { retentionLimits } from '../../../operations/retention/limits.ts';
import { countDue, previewRetention } from '../../../operations/retention/preview.ts';
import { addAged, CONTENT_KINDS } from '../../support/aged.ts';
import {
  call,
  code,
  database,
  endScene,
  one,
  owner,
  setScene,
  waits,
  worker,
} from '../../support/library.ts';
import { sized } from '../../support/limits.ts';
import { describeReal } from '../../support/server.ts';
import { addDialogue, computeAnalytics, createWorkspace, indexAll, join } from '../../support/tenants.ts';
import { registerUser, type TestUser } from '../../support/users.ts';

type ContentKind = (typeof CONTENT_KINDS)[number];

/** What the system says where a workspace says nothing. */
const SYSTEM: Partial<Record<Kind, number>> = {
  raw_events: 90,
  usage_logs: 730,
  conversation_analytics: 730,
  memory_items: 30,
};
/** Kinds whose holds keep another one too, since it takes them along. */
const ALSO_HELD: Partial<Record<Kind, Kind[]>> = {
  conversations: ['conversation_analytics', 'files', 'usage_logs'],
  files: ['conversations', 'documents'],
  memory_items: ['conversations'],
  raw_events: ['conversations', 'imported_events'],
  imported_events: ['conversations', 'raw_events'],
};
const DAY = 86_400_000;

describeReal('retention', () => {
  let n = 0;

  beforeAll(setScene);
  afterAll(endScene);

  const sql = async (text: string, ...values: unknown[]) => (await owner().query(text, values)).rows;
  const first = async (text: string, ...values: unknown[]) => (await sql(text, ...values))[0];
  const run = (scope: Scope = {}, more: Partial<Parameters<typeof applyRetention>[2]> = {}) =>
    applyRetention(worker(), scope, { batchRows: 1000, isTimeUp: () => false, ...more });
  const preview = (scope: Scope = {}) => previewRetention(worker(), scope);
  const set = (user: TestUser, kind: Kind, days: number | null) =>
    one(user, 'select * from app_public.set_retention_policy($1, $2)', kind, days);
  const hold = (user: TestUser, kind: Kind | null) =>
    one(user, `select id from app_public.place_legal_hold('a case', $1)`, kind);
  const is = async (kind: Kind, id: string): Promise<boolean> =>
    (
      await sql(
        `select from app_public.${kind === 'imported_events' ? 'raw_events' : kind} where id = $1`,
        id,
      )
    ).length > 0;
  const ago = (days: number) => `now() - interval '${days} days'`;

  /** Somebody new in a workspace of its own to share, of which it is the owner. */
  async function tenant(): Promise<TestUser> {
    n += 1;
    const user = await registerUser(database, `tenant${n}@example.org`);
    return join(database, user, await createWorkspace(database, `Team ${n}`), 'owner');
  }

  /** What a run says, and what a preview of the same moment said. */
  async function both(scope: Scope = {}): Promise<{ applied: Applied; previewed: object }> {
    const due = await preview(scope);
    const previewed = { deleted: countDue(due), bytes: due.reduce((sum, { bytes }) => sum + bytes, 0) };
    return { applied: await run(scope), previewed };
  }

  it('deletes what the policies of many tenants say, what a preview said, and nothing that is held', async () => {
    const policies = [undefined, null, 10, 100, 800];
    const rows: { kind: ContentKind; id: string; isDue: boolean; workspace: string }[] = [];
    const late = new Set<string>();
    for (let t = 0; t < sized(5, 20); t += 1) {
      const user = await tenant();
      const days: Partial<Record<Kind, number | null>> = { ...SYSTEM };
      const held = new Set<Kind | null>();
      for (const [place, kind] of KINDS.entries()) {
        const policy = policies[(t * 3 + place) % policies.length];
        // a policy below the least is refused, and one from before that was decided counts as the least
        if (policy !== undefined) {
          await sql(
            'insert into app_public.retention_policies (workspace_id, kind, keep_days) values ($1, $2, $3)',
            user.workspaceId,
            kind,
            policy,
          );
          days[kind] = kind === 'audit_logs' && policy !== null ? Math.max(policy, 90) : policy;
        }
        if ((t + 3 * place) % 11 === 0) held.add(kind);
      }
      if (t === 4) held.add(null);
      for (const kind of held) await hold(user, kind);
      for (const kind of CONTENT_KINDS) {
        const keep = days[kind] ?? null;
        const isHeld =
          held.has(null) || held.has(kind) || (ALSO_HELD[kind] ?? []).some((other) => held.has(other));
        for (const age of [0, 11, 31, 89, 91, 101, 729, 801]) {
          if (keep !== null && !isHeld && age > keep + 3) late.add(kind);
          rows.push({
            kind,
            id: await addAged(database, user, kind, ago(age)),
            isDue: keep !== null && !isHeld && age > keep,
            workspace: user.workspaceId,
          });
        }
      }
    }
    const stored = async () =>
      Number(
        (
          await first(
            'select sum(bytes) as n from app_private.workspace_storage where workspace_id = any ($1)',
            rows.map((row) => row.workspace),
          )
        ).n,
      );
    const expected: Record<string, number> = {};
    for (const { kind, isDue } of rows)
      if (isDue) expected[figureOf(kind)] = (expected[figureOf(kind)] ?? 0) + 1;
    const counted = (await preview()).filter(({ kind }) => !/logs|analytics/.test(kind));
    const before = await stored();
    // the doctor sees what should have gone days ago, of every kind
    const overdue = await database
      .pool('monitor')
      .query('select distinct kind from app_hidden.retention_overdue()');
    expect(overdue.rows.map(({ kind }) => kind).sort()).toEqual([...late].sort());

    const { applied, previewed } = await both();
    expect(applied).toMatchObject({ ...previewed, deleted: expected, problems: [], isDone: true });
    expect(Object.keys(expected).length).toBe(8);
    for (const { kind, id, isDue, workspace } of rows)
      expect(await is(kind, id), `${kind} of ${workspace}`).toBe(!isDue);
    // bytes are those of the quota
    expect(before - (await stored())).toBe(counted.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(await run()).toMatchObject({ deleted: {}, workspaces: 0 });
    expect(await preview()).toEqual([]);
    // each batch is in the log of its workspace
    const [{ n: logged }] = await sql(
      `select sum((new_values ->> 'removed')::int)::int as n from app_public.audit_logs where action = 'retention.applied'`,
    );
    expect(logged).toBe(rows.filter(({ isDue }) => isDue).length);
  });

  it('counts days of UTC: a row of the last day stays, one of the moment before it goes', async () => {
    const user = await tenant();
    const midnight = Math.floor(Date.now() / DAY) * DAY;
    for (const keep of [1, 28, 30, 31, 365]) {
      await set(user, 'documents', keep);
      const limit = new Date(midnight - keep * DAY).toISOString();
      for (const zone of ['UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati']) {
        const { rows } = await worker().query(
          `select due_before from (select set_config('timezone', $1, true)) as s, lateral
             app_hidden.retention_report('documents', $2)`,
          [zone, user.workspaceId],
        );
        expect(rows[0].due_before.toISOString(), zone).toBe(limit);
      }
      const [stays, goes] = [
        await addAged(database, user, 'documents', `'${limit}'`),
        await addAged(database, user, 'documents', `'${limit}'::timestamptz - interval '1 ms'`),
      ];
      await run({ workspace: user.workspaceId });
      expect([await is('documents', stays), await is('documents', goes)]).toEqual([true, false]);
    }
    // a century reaches behind the first time that an id can have
    await set(user, 'documents', 36_500);
    await set(user, 'raw_events', 36_500);
    await addAged(database, user, 'raw_events', ago(10_000));
    expect(await run({ workspace: user.workspaceId })).toMatchObject({ deleted: {} });
  });

  it('leaves what somebody writes at the same moment', async () => {
    const user = await tenant();
    await set(user, 'documents', 30);
    await set(user, 'conversations', 30);
    const [doc, talk, other] = [
      await addAged(database, user, 'documents', ago(60)),
      await addAged(database, user, 'conversations', ago(60)),
      await addAged(database, user, 'conversations', ago(60)),
    ];
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query(`update app_public.documents set title = 'changed' where id = $1`, [doc]);
      await client.query('select from app_public.conversations where id = $1 for update', [talk]);
      expect((await run({ workspace: user.workspaceId })).deleted).toEqual({ conversations: 1 });
      await client.query('commit');
    } finally {
      client.release();
    }
    await call(user, `select app_public.post_message($1, 'still here')`, talk);
    expect((await run({ workspace: user.workspaceId })).deleted).toEqual({});
    expect([
      await is('documents', doc),
      await is('conversations', talk),
      await is('conversations', other),
    ]).toEqual([true, true, false]);
  });

  it('takes a conversation by what was written in it last: feedback keeps none', async () => {
    const user = await tenant();
    await set(user, 'conversations', 30);
    const talk = await addAged(database, user, 'conversations', ago(60));
    const message = await one(user, `select id from app_public.post_message($1, 'long ago')`, talk);
    await sql(
      `update app_public.conversations set last_message_at = ${ago(40)}, updated_at = ${ago(40)} where id = $1`,
      talk,
    );
    await call(user, `select app_public.give_feedback($1, 'positive')`, message.id);
    expect((await both({ workspace: user.workspaceId })).applied.deleted).toEqual({ conversations: 1 });
    expect(await is('conversations', talk)).toBe(false);
  });

  it('waits for a hold that is being placed, and obeys it', async () => {
    const user = await tenant();
    await set(user, 'files', 30);
    const file = await addAged(database, user, 'files', ago(60));
    const client = await owner().connect();
    try {
      await client.query('begin');
      await client.query('select app_private.lock_holds($1, for_placing => true)', [user.workspaceId]);
      const running = run({ workspace: user.workspaceId });
      await waits();
      await client.query(
        `insert into app_public.legal_holds (workspace_id, kind, reason) values ($1, 'documents', 'a case')`,
        [user.workspaceId],
      );
      await client.query('commit');
      expect(await running).toMatchObject({ deleted: {}, problems: [] });
    } finally {
      client.release();
    }
    expect(await preview({ workspace: user.workspaceId, kind: 'files' })).toMatchObject([
      { decidedBy: 'hold', rows: 0, before: null },
    ]);
    await sql(
      'update app_public.legal_holds set released_at = now() where workspace_id = $1',
      user.workspaceId,
    );
    expect((await run({ workspace: user.workspaceId })).deleted).toEqual({ files: 1 });
    expect(await is('files', file)).toBe(false);
    // its bytes go by the job that removes bytes
    expect(
      await sql('select from app_hidden.discarded_contents where workspace_id = $1', user.workspaceId),
    ).toHaveLength(1);
  });

  describe('beside a hold on one', () => {
    const kinds = CONTENT_KINDS.filter((kind) => kind !== 'audit_logs');
    /** One old thing of each kind, of a person. */
    async function things(user: TestUser, word: string): Promise<Record<ContentKind, string>> {
      const ids: Partial<Record<ContentKind, string>> = {};
      for (const kind of kinds) ids[kind] = await addAged(database, user, kind, ago(60), `${kind} ${word}`);
      return ids as Record<ContentKind, string>;
    }
    /** A workspace of two, with things of both, in which everything is kept for a month. */
    async function workspace() {
      const ann = await tenant();
      const bob = await join(
        database,
        await registerUser(database, `bob${n}@example.org`),
        ann.workspaceId!,
        'member',
      );
      for (const kind of kinds) await set(ann, kind, 30);
      return { ann, bob, anns: await things(ann, 'a'), bobs: await things(bob, 'b') };
    }
    const left = async (all: Record<ContentKind, string>) => {
      const there = await Promise.all(kinds.map((kind) => is(kind, all[kind])));
      return kinds.filter((_, place) => there[place]).sort();
    };
    const release = async (user: TestUser, id: string) =>
      one(user, 'select id from app_public.release_legal_hold($1)', id);
    const holdOn = async (user: TestUser, target: string, id: string) =>
      (await one(user, `select id from app_public.place_legal_hold('a case', ${target} => $1)`, id)).id;
    /** Runs twice, the second time with nothing to do, as the preview says. */
    async function settle(user: TestUser): Promise<void> {
      const scope = { workspace: user.workspaceId! };
      const { applied, previewed } = await both(scope);
      expect(applied).toMatchObject({ ...previewed, problems: [], isDone: true });
      expect(await run(scope)).toMatchObject({ deleted: {}, problems: [] });
      expect(countDue(await preview(scope))).toEqual({});
    }

    it('conversation, what it is about stays, and the rest goes; all of it after the release', async () => {
      const { ann, anns, bobs } = await workspace();
      // it continues another one, something was used in it, and it cites a memory of the other person
      await sql(
        'update app_public.conversations set continued_from_id = $1 where id = $2',
        bobs.conversations,
        anns.conversations,
      );
      await sql(
        'update app_public.usage_logs set conversation_id = $1 where id = $2',
        anns.conversations,
        anns.usage_logs,
      );
      await sql(
        `insert into app_hidden.cited_passages (workspace_id, chunk_id, source_type, memory_item_id, owner_id, visibility, content, start_offset, end_offset)
         select workspace_id, uuidv7(), 'memory', id, owner_id, visibility, content, 0, 1 from app_public.memory_items where id = $1`,
        bobs.memory_items,
      );
      const id = await holdOn(ann, 'conversation_id', anns.conversations);
      await settle(ann);
      expect(await left(anns)).toEqual(['conversations', 'imported_events', 'raw_events', 'usage_logs']);
      expect(await left(bobs)).toEqual(['conversations', 'imported_events', 'memory_items', 'raw_events']);
      await release(ann, id);
      await settle(ann);
      expect([await left(anns), await left(bobs)]).toEqual([[], []]);
    });

    it('document, that and its file stay', async () => {
      const { ann, anns, bobs } = await workspace();
      await sql('update app_public.documents set file_id = $1 where id = $2', bobs.files, bobs.documents);
      const ids = [
        await holdOn(ann, 'document_id', anns.documents),
        await holdOn(ann, 'document_id', bobs.documents),
      ];
      await settle(ann);
      expect(await left(anns)).toEqual(['documents']);
      expect(await left(bobs)).toEqual(['documents', 'files']);
      for (const id of ids) await release(ann, id);
      await settle(ann);
      expect([await left(anns), await left(bobs)]).toEqual([[], []]);
    });

    it.each([null, 'conversations', 'documents', 'files', 'usage_logs'])(
      'person, of the kind %s, what the person has stays, also in what others have',
      async (kind) => {
        const { ann, bob, anns, bobs } = await workspace();
        const more = await things(ann, 'more');
        // bob rated in one of ann's, and another one is packed
        await sql(
          `insert into app_public.message_feedback (workspace_id, conversation_id, message_id, user_id, feedback_type)
           select workspace_id, conversation_id, id, $2, 'positive' from app_public.messages where conversation_id = $1 limit 1`,
          anns.conversations,
          bob.id,
        );
        await sql(
          `insert into app_hidden.conversation_archives (conversation_id, workspace_id, message_count, message_ids, sha256)
           values ($1, $2, 0, '{}', sha256(''))`,
          more.conversations,
          ann.workspaceId,
        );
        const { id } = await one(
          ann,
          `select id from app_public.place_legal_hold('a case', $1, user_id => $2)`,
          kind,
          bob.id,
        );
        await settle(ann);
        const keepsTalks = kind === null || ['conversations', 'files', 'usage_logs'].includes(kind);
        const keepsEvents = kind === null || kind === 'conversations';
        const both = [
          ...(keepsTalks ? ['conversations'] : []),
          ...(keepsEvents ? ['imported_events', 'raw_events'] : []),
        ];
        expect(await left(anns)).toEqual(both);
        expect(await left(more)).toEqual(both);
        const own = {
          null: [
            'conversations',
            'documents',
            'files',
            'imported_events',
            'memory_items',
            'raw_events',
            'usage_logs',
          ],
          conversations: ['conversations', 'files', 'imported_events', 'memory_items', 'raw_events'],
          documents: ['documents', 'files'],
          files: ['conversations', 'files'],
          usage_logs: ['conversations', 'usage_logs'],
        }[String(kind)];
        expect(await left(bobs)).toEqual(own);
        await release(ann, id);
        await settle(ann);
        expect([await left(anns), await left(more), await left(bobs)]).toEqual([[], [], []]);
      },
    );
  });

  it('gives every tenant its turn, however much one of them has', async () => {
    const [hostile, ...others] = [await tenant(), await tenant(), await tenant(), await tenant()];
    await sql(
      `insert into app_public.raw_events (id, workspace_id, owner_id, source, event_type, payload, processing_status)
       select app_hidden.uuidv7_at(${ago(100)} + n * interval '1 second'), $1, $2, 'zoo', 'birth', '{}', 'completed' from generate_series(1, 300) as n`,
      hostile!.workspaceId,
      hostile!.id,
    );
    for (const user of others)
      for (const kind of ['raw_events', 'memory_items'] as const)
        await addAged(database, user, kind, ago(100));
    const batches: Batch[] = [];
    // as many turns as the others need, and what the hostile one has in between
    const stopped = await run(
      {},
      { batchRows: 10, isTimeUp: () => batches.length >= 12, onBatch: (batch) => batches.push(batch) },
    );
    expect(stopped).toMatchObject({ isDone: false, workspaces: 4, deleted: { memoryItems: 3 } });
    for (const user of others)
      expect(batches.filter(({ workspace }) => workspace === user.workspaceId)).toHaveLength(2);
    // two at once: nothing twice, nothing left, nothing in each other's way
    const left = 300 - batches.filter(({ workspace }) => workspace === hostile!.workspaceId).length * 10;
    const runs = await Promise.all([run({}, { batchRows: 10 }), run({}, { batchRows: 10 })]);
    const again = await run();
    const deleted = [...runs, again].reduce((sum, one) => sum + (one.deleted.rawEvents ?? 0), 0);
    expect([deleted, ...runs.flatMap(({ problems }) => problems)]).toEqual([left]);
    expect(await preview()).toEqual([]);
  });

  it('goes on with the others when one cannot be deleted', async () => {
    const [stuck, free] = [await tenant(), await tenant()];
    for (const user of [stuck, free]) {
      await set(user, 'documents', 30);
      await addAged(database, user, 'documents', ago(60), 'stuck');
    }
    await sql(`create function app_private.planted() returns trigger language plpgsql as
      $$ begin if old.workspace_id = '${stuck.workspaceId}' then raise exception 'no'; end if; return old; end $$`);
    await sql(
      'create trigger planted before delete on app_public.documents for each row execute function app_private.planted()',
    );
    expect(await run({ kind: 'documents' })).toMatchObject({
      deleted: { documents: 1 },
      problems: [{ workspace: stuck.workspaceId, kind: 'documents', error: 'no (P0001)' }],
      isDone: true,
    });
    await sql('drop function app_private.planted() cascade');
    const job = (pool: unknown = worker(), signal = new AbortController().signal) =>
      retention.handle({ pool, log, signal } as never, {});
    expect(retention.queue.schedules).toEqual({ daily: { cron: '40 2 * * *' } });
    // the first one, and the first for long, only looks; the one after it deletes, whenever it comes
    const took = (when: string, details = {}) =>
      sql('select app_hidden.record_run($1, $2::timestamptz, $3, $4)', 'retention', when, 'skipped', details);
    const looked = { skipped: expect.stringMatching(/only looked/), due: { documents: 1 } };
    expect(await job()).toEqual(looked);
    await took(new Date(Date.now() - 1.6 * DAY).toISOString());
    expect(await job()).toEqual(looked);
    await took(new Date(Date.now() - 1.6 * DAY).toISOString(), { due: {} });
    expect(await retentionLimits(worker())).toMatchObject({ isUnsure: false });
    await took(new Date().toISOString());
    const replica = { query: async () => ({ rows: [{ minutes: 1, batchRows: 1, isReplica: true }] }) };
    expect(await job(replica)).toEqual({ skipped: 'this is a replica' });
    // it begins nothing when the process ends, or when its time is up
    expect(await job(worker(), AbortSignal.abort())).toMatchObject({ deleted: {}, isDone: false });
    const minutes = (value: string) =>
      sql(`update app_private.settings set value = $1 where name = 'retention_minutes'`, value);
    await minutes('0');
    expect(await job()).toMatchObject({ deleted: {}, isDone: false });
    await minutes('60');
    const result = await job();
    expect(result).toMatchObject({ deleted: { documents: 1 }, problems: 0, isDone: true });
  });

  it('takes a conversation with its continuations only, and a file only when no conversation has it', async () => {
    const user = await tenant();
    await set(user, 'conversations', 30);
    await set(user, 'files', 30);
    const talks = [
      await addAged(database, user, 'conversations', ago(90)),
      await addAged(database, user, 'conversations', ago(60)),
      await addAged(database, user, 'conversations', ago(50)),
    ];
    await sql(`update app_public.conversations set updated_at = ${ago(20)} where id = $1`, talks[2]);
    for (const [place, id] of talks.entries())
      await sql(
        'update app_public.conversations set continued_from_id = $1 where id = $2',
        talks[place - 1] ?? null,
        id,
      );
    const [sent, read] = [
      await addAged(database, user, 'files', ago(60), 'sent'),
      await addAged(database, user, 'files', ago(60), 'read'),
    ];
    await sql('update app_public.files set conversation_id = $1 where id = $2', talks[2], sent);
    const text = await addAged(database, user, 'documents', ago(50), 'text');
    await sql('update app_public.documents set file_id = $1, updated_at = now() where id = $2', read, text);
    expect((await both({ workspace: user.workspaceId })).applied.deleted).toEqual({});
    await sql(`update app_public.documents set updated_at = ${ago(50)} where id = $1`, text);
    await sql(
      `update app_public.conversations set last_message_at = ${ago(40)}, updated_at = ${ago(40)} where id = $1`,
      talks[2],
    );
    // the file of a conversation that goes waits for the next night, as its preview says
    const whole = await both({ workspace: user.workspaceId });
    expect(whole.applied).toMatchObject({ ...whole.previewed, deleted: { conversations: 3, files: 1 } });
    expect(await is('documents', text)).toBe(false);
    expect((await both({ workspace: user.workspaceId })).applied.deleted).toEqual({ files: 1 });
  });

  it('keeps the text of what was cited, totals, and what is not settled', async () => {
    const user = await tenant();
    await set(user, 'documents', 30);
    await set(user, 'usage_logs', 30);
    const cited = await addAged(database, user, 'documents', ago(60), 'cited');
    await indexAll(database);
    const { answer } = await addDialogue(database, user, 'cited');
    const passage = () =>
      one(user, 'select (passage).content, (passage).document_id from app_hidden.citations_of($1)', answer);
    const before = await passage();
    expect(before).toEqual({ content: 'zebra cited', document_id: cited });
    const totals = () =>
      first('select total_tokens_used, total_cost_usd from app_public.users where id = $1', user.id);
    await addAged(database, user, 'usage_logs', ago(60));
    const used = await totals();
    // one that is over, and one that somebody may still settle
    await sql(
      `insert into app_public.usage_reservations (id, workspace_id, user_id, tokens, cost_usd, expires_at)
       values (app_hidden.uuidv7_at(${ago(60)}), $1, $2, 1, 0, ${ago(60)}), (app_hidden.uuidv7_at(${ago(60)}), $1, $2, 1, 0, now())`,
      user.workspaceId,
      user.id,
    );
    const pending = await addAged(database, user, 'raw_events', ago(100));
    await sql(`update app_public.raw_events set processing_status = 'pending' where id = $1`, pending);
    const { applied, previewed } = await both({ workspace: user.workspaceId });
    expect(applied).toMatchObject({ ...previewed, deleted: { usageLogs: 2, documents: 1 } });
    expect(await is('documents', cited)).toBe(false);
    expect(await passage()).toEqual(before);
    expect(await totals()).toEqual(used);
    expect(await is('raw_events', pending)).toBe(true);
  });

  it('passes what events say on to a younger one, and not to one that goes as well', async () => {
    const user = await tenant();
    const event = async (days: number, said: string): Promise<string> => {
      const id = await addAged(database, user, 'raw_events', ago(days));
      await sql('update app_public.raw_events set knowledge_hash = sha256($2) where id = $1', id, said);
      return id;
    };
    const old = [await event(300, 'a'), await event(200, 'a'), await event(200, 'b'), await event(120, 'b')];
    const heir = await event(10, 'b');
    // an imported one of any age is left, and has it then
    const kept = await addAged(database, user, 'imported_events', ago(400));
    await sql(`update app_public.raw_events set knowledge_hash = sha256('a') where id = $1`, kept);
    await run({ workspace: user.workspaceId }, { batchRows: 1 });
    for (const id of old) expect(await is('raw_events', id)).toBe(false);
    for (const id of [heir, kept])
      expect(
        await first('select processing_status as status from app_public.raw_events where id = $1', id),
      ).toEqual({ status: 'pending' });
  });

  it('ends figures by whole months, so that what adds them up stays right', async () => {
    const user = await tenant();
    for (const days of [40, 75, 110, 140]) await addAged(database, user, 'conversations', ago(days));
    await computeAnalytics(database);
    await set(user, 'conversation_analytics', 45);
    const limit = await first(
      `select date_trunc('month', (now() at time zone 'UTC')::date - 45)::date::text as day`,
    );
    const days = (table: string) =>
      sql(
        `select count(*) filter (where day < $2::date)::int as old, count(*) filter (where day >= $2::date)::int as young from ${table} where workspace_id = $1`,
        user.workspaceId,
        limit.day,
      );
    const [{ old, young }] = await days('app_public.conversation_analytics');
    const { applied, previewed } = await both({ workspace: user.workspaceId });
    expect(applied).toMatchObject({ ...previewed, deleted: { conversationAnalytics: old } });
    expect(old).toBeGreaterThanOrEqual(2);
    for (const table of ['app_public.conversation_analytics', 'app_hidden.user_activity'])
      expect(await days(table), table).toEqual([{ old: 0, young }]);
    await computeAnalytics(database);
    const sums = await sql(
      `select p.period_start, p.message_count::int as performance, sum(a.message_count)::int as analytics
       from app_public.rag_configuration_performance p
       join app_public.conversation_analytics a on a.workspace_id = p.workspace_id and date_trunc('month', a.day) = p.period_start
       where p.workspace_id = $1 and p.period = 'month' group by 1, 2`,
      user.workspaceId,
    );
    expect(sums.length).toBeGreaterThan(0);
    for (const { performance, analytics } of sums) expect(performance).toBe(analytics);
    expect(
      await sql('select from app_public.conversations where workspace_id = $1', user.workspaceId),
    ).toHaveLength(4);
  });

  it('ends the audit log as nobody else can, and says so in it', async () => {
    const user = await tenant();
    const [own, gone] = [
      await addAged(database, user, 'audit_logs', ago(100)),
      await addAged(database, { id: user.id, workspaceId: crypto.randomUUID() }, 'audit_logs', ago(100)),
    ];
    expect(await code(set(user, 'audit_logs', 89))).toBe('CQ701');
    await set(user, 'audit_logs', 90);
    expect(await code(sql('delete from app_public.audit_logs where id = $1', own))).toBe('CQ117');
    expect(await code(worker().query('delete from app_public.audit_logs where id = $1', [own]))).toBe(
      '42501',
    );
    expect(
      await code(call(user, `select app_hidden.apply_retention('audit_logs', $1)`, user.workspaceId)),
    ).toBe('42501');
    expect((await run({ workspace: user.workspaceId })).deleted).toEqual({ auditLogs: 1 });
    const seen = await call(
      user,
      `select new_values as v from app_public.audit_logs where action = 'retention.applied'`,
    );
    expect(seen.rows.map(({ v }) => v)).toEqual([
      expect.objectContaining({ kind: 'audit_logs', removed: 1, keep_days: 90, decided_by: 'workspace' }),
    ]);
    // what belongs to no workspace that is there has the policy of the system, which an operator sets
    expect((await run({ kind: 'audit_logs' })).deleted).toEqual({});
    await sql(`insert into app_public.retention_policies (kind, keep_days) values ('audit_logs', 95)`);
    expect((await run({ kind: 'audit_logs' })).deleted.auditLogs).toBeGreaterThan(0);
    expect([await is('audit_logs', own), await is('audit_logs', gone)]).toEqual([false, false]);
    await sql(`delete from app_public.retention_policies where workspace_id is null and kind = 'audit_logs'`);
  });

  it('refuses kinds that delete nothing, and batches that cannot be', async () => {
    const step = (kind: string, rows = 10) =>
      code(
        worker().query(`select app_hidden.apply_retention($1, $2, max_rows => $3)`, [
          kind,
          crypto.randomUUID(),
          rows,
        ]),
      );
    expect(await step('hot_conversations')).toBe('CQ700');
    expect(await step('documents', 0)).toBe('CQ200');
  });
});
