import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobContext } from '../../jobs/job.ts';
import { processEvents } from '../../jobs/process-events.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { applyRetention } from '../../operations/retention/apply.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { join } from '../support/tenants.ts';
import { asUser, registerUser, type TestUser } from '../support/users.ts';
import { importPaths } from './database.ts';
import { makeFolder } from './helpers.ts';

log.level = 'silent';

const INES = 'U0INES';
const TOMAS = 'U0TOMAS';
const stamp = (iso: string, n = 1) => `${Date.parse(iso) / 1000}.${String(n).padStart(6, '0')}`;
const said = (user: string, at: string, text: string, more: object = {}) => ({
  type: 'message',
  user,
  text,
  ts: stamp(at),
  ...more,
});
const QUESTION = stamp('2023-03-06T09:00:00Z');
/** Forty sentences, each with a word of its own. */
const WORDS = Array.from({ length: 40 }, (_, n) => `zw${String.fromCharCode(97 + (n % 26))}${n}ling`);
const LONG = WORDS.map(
  (word) => `Night report: the crew of the ${word} shift aligned the mirror and wrote the seeing down.`,
).join(' ');

const EXPORT: Record<string, string> = Object.fromEntries(
  Object.entries({
    'users.json': [
      { id: INES, name: 'iokoro', profile: { display_name: 'ines', real_name: 'Ines Okoro' } },
      { id: TOMAS, name: 'tomas', profile: { display_name: '', real_name: 'Tomas Lind' } },
    ],
    'channels.json': [
      { id: 'C0DOME', name: 'dome' },
      { id: 'C0ALERTS', name: 'alerts' },
    ],
    'groups.json': [{ id: 'G0BUDGET', name: 'budget' }],
    'dms.json': [{ id: 'D0PAIR', members: [INES, TOMAS] }],
    'usergroups.json': [{ id: 'S0NIGHT', handle: 'night-crew' }],
    'canvases.json': [
      { id: 'F0NOTE', title: 'Winter plan' },
      {
        id: 'F0TEXT',
        title: 'Shutter manual',
        document_content: { markdown: '# Shutters\n\nGrease the zirconrail.' },
      },
    ],
    'dome/2023-03-06.json': [
      said(
        INES,
        '2023-03-06T09:00:00Z',
        `<@${TOMAS}> has anybody oiled the <https://example.org/gearbox|azimuth gearbox>? <!subteam^S0NIGHT> &amp; <#C0ALERTS>`,
        { thread_ts: QUESTION, reply_count: 2 },
      ),
      said(TOMAS, '2023-03-06T10:00:00Z', 'has joined', { subtype: 'channel_join' }),
      said(INES, '2023-03-06T11:00:00Z', LONG),
    ],
    'dome/2023-05-02.json': [
      said(TOMAS, '2023-05-02T08:00:00Z', 'Finished at last, see you tonight.', { thread_ts: QUESTION }),
      said(TOMAS, '2023-05-02T08:01:00Z', 'For everybody: it turns again.', {
        subtype: 'thread_broadcast',
        thread_ts: QUESTION,
        root: { text: 'has anybody oiled the azimuth gearbox?' },
      }),
      said(INES, '2023-05-02T09:00:00Z', 'ok'),
      said(INES, '2023-05-02T09:05:00Z', 'ok'),
    ],
    'dome/2023-05-03.json': [said(INES, '2023-05-03T09:00:00Z', 'ok')],
    'alerts/2023-03-06.json': [
      {
        type: 'message',
        subtype: 'bot_message',
        username: 'watchdog',
        text: '',
        ts: stamp('2023-03-06T12:00:00Z'),
        attachments: [
          {
            pretext: 'PRETEXTWORD',
            fallback: 'FALLBACKWORD',
            footer: 'FOOTERWORD',
            fields: [{ title: 'Sensor', value: 'FIELDWORD 7' }],
          },
        ],
      },
    ],
    'budget/2023-03-06.json': [said(INES, '2023-03-06T13:00:00Z', 'The quartzfund is empty.')],
    'D0PAIR/2023-03-06.json': [said(INES, '2023-03-06T14:00:00Z', 'Between us: the opalfund, too.')],
    'FC:F0NOTE:Winter plan/2023-03-06.json': [
      said(TOMAS, '2023-03-06T15:00:00Z', 'A topazremark on this plan.'),
    ],
  }).map(([path, content]) => [path, JSON.stringify(content)]),
);

interface Found {
  raw_event_id: string | null;
  title: string;
  content: string;
  heading: string;
}

describeReal('what is found of a Slack export', () => {
  let database: Database;
  let ann: TestUser;
  let bob: TestUser;

  /** What the worker does with events that wait. */
  const process = async (user: TestUser, source = 'slack') => {
    const context = {
      pool: database.pool('worker'),
      boss: { send: async () => null },
      summariser: () => null,
      signal: new AbortController().signal,
      log,
    } as unknown as JobContext;
    return (await processEvents.handle(context, { workspaceId: user.workspaceId, source })) as Record<
      string,
      number
    >;
  };
  const rows = async <T = Record<string, string>>(user: TestUser, sql: string, ...values: unknown[]) =>
    (await asUser(database, user, (client) => client.query(sql, values))).rows as T[];
  const search = (user: TestUser, query: string, filters = 'null') =>
    rows<Found>(
      user,
      `select r.raw_event_id, r.title, r.content, r.heading from app_public.search($1, kinds => '{event}', mode => 'text', filters => ${filters}) s,
         unnest(s.results) r`,
      query,
    );
  const contents = async (...args: Parameters<typeof search>) =>
    (await search(...args)).map((one) => one.content);

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    bob = await join(database, await registerUser(database, 'bob@example.org'), ann.workspaceId, 'member');
  });
  afterAll(() => database?.close());

  describe('imported for oneself', () => {
    it('counts what nobody wrote and what only has a name, and is whole', async () => {
      const { summary } = await importPaths(database, ann.token, await makeFolder(EXPORT, 'observatory'));
      expect(summary.isDamaged()).toBe(false);
      expect(summary.tally.skipped.get('notice')?.count).toBe(1);
      expect(summary.tally.skipped.get('not_in_export')?.items.map((one) => one.source)).toEqual([
        'observatory/canvases.json #1 "Winter plan"',
      ]);
      expect(await process(ann)).toMatchObject({ stored: 10, known: 1, failed: 0 });
    });

    it('names who said it, where and when, with mentions, links and entities as people read them', async () => {
      const [first] = await search(ann, 'ines gearbox');
      expect(first).toMatchObject({
        title: '#dome: ines, 2023-03-06 09:00',
        heading: 'slack › #dome',
        content:
          '@Tomas Lind has anybody oiled the [azimuth gearbox](https://example.org/gearbox)? @night-crew & #alerts',
      });
      // by the whole name and by the day in words
      expect((await contents(ann, 'Okoro gearbox'))[0]).toContain('azimuth');
      expect((await contents(ann, 'what did Tomas say in May'))[0]).toMatch(/Finished|turns again/);
      expect((await search(ann, 'opalfund'))[0]?.title).toBe('ines, Tomas Lind: ines, 2023-03-06 14:00');
    });

    it('finds a reply with the beginning of its thread, and no text twice', async () => {
      const found = await search(ann, 'gearbox');
      expect(found.map((one) => one.content)).toEqual([
        expect.stringContaining('azimuth gearbox'),
        expect.stringMatching(/Finished|turns again/),
        expect.stringMatching(/Finished|turns again/),
      ]);
      expect(found[1]!.title).toMatch(
        /^#dome: Tomas Lind, 2023-05-02 08:0\d, in the thread “@Tomas Lind has anybody oiled the azimuth gearbox\? @night-crew/,
      );
      expect(await contents(ann, '"it turns again"')).toEqual(['For everybody: it turns again.']);
    });

    it('finds every sentence of a long message', async () => {
      for (const word of WORDS) expect((await contents(ann, word))[0], word).toContain(word);
      const parts = await rows(
        ann,
        `select content from app_public.chunks where content like 'Night report%'`,
      );
      expect(parts.length).toBeGreaterThan(3);
    });

    it('finds what an alert says in any of its parts, and who sent it', async () => {
      for (const word of ['PRETEXTWORD', 'FALLBACKWORD', 'FOOTERWORD', 'FIELDWORD', 'watchdog', 'Sensor'])
        expect(
          (await search(ann, word)).map((one) => one.title),
          word,
        ).toEqual(['#alerts: watchdog, 2023-03-06 12:00']);
    });

    it('filters by the time of the message, not of the import', async () => {
      const before = `(jsonb_populate_record(null::app_public.search_filters, '{"created_before": "2023-04-01T00:00:00Z"}'))`;
      const after = `(jsonb_populate_record(null::app_public.search_filters, '{"created_after": "2023-04-01T00:00:00Z"}'))`;
      const today = `(jsonb_populate_record(null::app_public.search_filters, '{"created_after": "2024-01-01T00:00:00Z"}'))`;
      expect((await contents(ann, 'gearbox', before)).length).toBe(1);
      expect((await contents(ann, 'gearbox', after)).length).toBe(2);
      expect(await contents(ann, 'gearbox', today)).toEqual([]);
      // the same words on another day are another passage; on the same day they are one
      expect((await search(ann, 'ok', after)).map((one) => one.title).sort()).toEqual([
        '#dome: ines, 2023-05-02 09:00',
        '#dome: ines, 2023-05-03 09:00',
      ]);
    });

    it('has canvases: their text as a document, their comments as messages', async () => {
      expect((await search(ann, 'topazremark'))[0]?.title).toBe(
        'canvas Winter plan: Tomas Lind, 2023-03-06 15:00',
      );
      expect(
        await rows(
          ann,
          `select title, content, visibility from app_public.documents where content like '%zirconrail%'`,
        ),
      ).toEqual([
        { title: 'Shutter manual', content: '# Shutters\n\nGrease the zirconrail.', visibility: 'private' },
      ]);
    });

    it('shows none of it to others, in any way', async () => {
      for (const word of ['gearbox', 'opalfund', 'quartzfund', 'watchdog', 'topazremark'])
        expect(await search(bob, word), word).toEqual([]);
      for (const table of ['raw_events', 'chunks', 'documents'])
        expect(await rows(bob, `select id from app_public.${table}`), table).toEqual([]);
      const [event] = await rows(ann, 'select id from app_public.raw_events limit 1');
      const remember = `select app_public.remember('x', source_type => 'event', source_id => $1)`;
      await expect(rows(bob, remember, event!.id)).rejects.toMatchObject({ code: 'CQ204' });
    });
  });

  describe('imported by another member for the workspace', () => {
    it('is new for that member, whatever others imported for themselves', async () => {
      // a private import of somebody else is nothing that this one could find, or learn of
      const { summary } = await importPaths(database, bob.token, await makeFolder(EXPORT, 'observatory'), {
        visibility: 'workspace',
        workspace: ann.workspaceId,
      });
      expect(summary.tally.counts.events).toEqual({ imported: 11, updated: 0, unchanged: 0 });
      await process(bob);
    });

    it('shares public channels, and neither private ones nor direct messages', async () => {
      const visible = await rows(
        ann,
        `select metadata ->> 'channel' as channel from app_public.raw_events where owner_id = $1 group by 1 order by 1`,
        bob.id,
      );
      expect(visible.map((row) => row.channel)).toEqual(['alerts', 'dome']);
      expect((await contents(bob, 'opalfund')).length).toBe(1);
      expect((await contents(ann, 'opalfund')).length).toBe(1);
      // both have a passage of what both imported: one of them may remove theirs
      expect((await contents(ann, 'watchdog')).length).toBe(2);
      expect((await contents(bob, 'watchdog')).length).toBe(1);
      const owners = await rows(
        ann,
        `select owner_id from app_public.chunks where content like '%opalfund%'`,
      );
      expect(owners).toEqual([{ owner_id: ann.id }]);
    });

    it('shares those too when that is asked for', async () => {
      const cy = await join(
        database,
        await registerUser(database, 'cy@example.org'),
        ann.workspaceId,
        'member',
      );
      await importPaths(database, cy.token, await makeFolder(EXPORT, 'observatory'), {
        visibility: 'workspace',
        workspace: ann.workspaceId,
        sharePrivate: true,
      });
      await process(cy);
      const [found] = await rows(
        ann,
        `select visibility from app_public.chunks where content like '%quartzfund%' and owner_id = $1`,
        cy.id,
      );
      expect(found).toEqual({ visibility: 'workspace' });
    });
  });

  it('is brought up to date by the next export, and by whoever imported it alone', async () => {
    const dee = await registerUser(database, 'dee@example.org');
    const day = (text: string) => JSON.stringify([said(INES, '2023-03-06T09:00:00Z', text)]);
    const files = { 'channels.json': EXPORT['channels.json']!, 'users.json': EXPORT['users.json']! };
    const load = async (text: string) =>
      (
        await importPaths(
          database,
          dee.token,
          await makeFolder({ ...files, 'dome/2023-03-06.json': day(text) }, 'acme'),
        )
      ).summary.tally.counts.events;
    expect(await load('The beryllamp burns.')).toEqual({ imported: 1, updated: 0, unchanged: 0 });
    await process(dee);
    expect(await load('The beryllamp burns.')).toEqual({ imported: 0, updated: 0, unchanged: 1 });
    expect(await load('The beryllamp went out.')).toEqual({ imported: 0, updated: 1, unchanged: 0 });
    expect(await contents(dee, 'beryllamp')).toEqual(['The beryllamp burns.']);
    await process(dee);
    expect(await contents(dee, 'beryllamp')).toEqual(['The beryllamp went out.']);
    // what a legal hold keeps stays as it was
    await rows(dee, `select app_public.place_legal_hold('a case', 'raw_events')`);
    expect(await load('Nobody remembers the beryllamp.')).toEqual({ imported: 0, updated: 0, unchanged: 1 });
  });

  it('stays found for ever, beside events that came in by themselves, until the workspace ends it', async () => {
    const eve = await registerUser(database, 'eve@example.org');
    const owner = database.pool('owner');
    const day = JSON.stringify([said(INES, '2023-03-06T09:00:00Z', 'The cobaltgate opens.')]);
    const folder = await makeFolder({
      'channels.json': EXPORT['channels.json']!,
      'dome/2023-03-06.json': day,
    });
    const load = async () => (await importPaths(database, eve.token, folder)).summary.tally.counts.events;
    const ingest = `select id from app_public.ingest_event('tracker', 'comment', '{"body": "The zincgate opens."}')`;
    const found = async () => [await contents(eve, 'cobaltgate'), await contents(eve, 'zincgate')];
    const isImported = 'select is_imported from app_public.raw_events order by is_imported';
    const set = (days: number | null) =>
      rows(eve, `select app_public.set_retention_policy('imported_events', $1)`, days);
    /** As if it had all come in 200 days ago. */
    const age = () =>
      owner.query(
        `with old as (select id, app_hidden.uuidv7_at(now() - interval '200 days') as new from app_public.raw_events where workspace_id = $1),
           events as (update app_public.raw_events e set id = o.new from old o where e.id = o.id),
           keys as (update app_hidden.raw_event_keys k set raw_event_id = o.new from old o where k.raw_event_id = o.id)
         update app_public.chunks c set raw_event_id = o.new from old o where c.raw_event_id = o.id`,
        [eve.workspaceId],
      );
    const retain = async () => {
      const limits = { batchRows: 1000, isTimeUp: () => false };
      return (await applyRetention(database.pool('worker'), { workspace: eve.workspaceId }, limits)).deleted;
    };
    const hold = async (kind: string) =>
      (await rows<{ id: string }>(eve, `select id from app_public.place_legal_hold('a case', $1)`, kind))[0]!
        .id;
    const release = (id: string) => rows(eve, 'select app_public.release_legal_hold($1)', id);
    expect(await load()).toEqual({ imported: 1, updated: 0, unchanged: 0 });
    await rows(eve, ingest);
    await process(eve);
    await process(eve, 'tracker');
    expect(await rows(eve, isImported)).toEqual([{ is_imported: false }, { is_imported: true }]);
    expect(await found()).toEqual([['The cobaltgate opens.'], ['The zincgate opens.']]);

    await age();
    expect(await retain()).toEqual({ rawEvents: 1 });
    expect(await found()).toEqual([['The cobaltgate opens.'], []]);
    // a hold on either kind of events keeps both
    await set(30);
    for (const kind of ['raw_events', 'imported_events']) {
      const id = await hold(kind);
      expect(await retain(), kind).toEqual({});
      await release(id);
    }
    expect(await retain()).toEqual({ importedEvents: 1 });
    expect(await found()).toEqual([[], []]);
    // what the workspace ends does not come again with every import, and does when it ends nothing any more
    expect(await load()).toEqual({ imported: 0, updated: 0, unchanged: 1 });
    await set(null);
    expect(await load()).toEqual({ imported: 1, updated: 0, unchanged: 0 });
    await process(eve);
    expect(await found()).toEqual([['The cobaltgate opens.'], []]);
    expect(await load()).toEqual({ imported: 0, updated: 0, unchanged: 1 });
  });

  it('holds for events of any system: the time that they tell, long texts, and who may read them', async () => {
    const ingest = `select id from app_public.ingest_event('tracker', 'comment', $1, $2, $3, $4)`;
    const text = `${'The jury of the moonstone cup met again. '.repeat(40)}And in the end the agateword was said.`;
    await rows(
      ann,
      ingest,
      JSON.stringify({ body: text }),
      'a',
      JSON.stringify({ occurred_at: '2022-02-02T02:02:02Z' }),
      'workspace',
    );
    await rows(ann, ingest, JSON.stringify({ body: 'The onyxword is secret.' }), 'b', '{}', 'private');
    // what answers another is found with it and by who said it, but not with what its readers may not read
    for (const [id, thread] of [
      ['d', 'a'],
      ['e', 'b'],
    ]) {
      const metadata = JSON.stringify({ thread, author: 'Zelda' });
      await rows(ann, ingest, JSON.stringify({ body: `Answer ${id} to it.` }), id, metadata, 'workspace');
    }
    // a time that is still to come says nothing
    await rows(
      ann,
      ingest,
      JSON.stringify({ body: 'A pearlword.' }),
      'c',
      JSON.stringify({ occurred_at: '2999-01-01' }),
      'workspace',
    );
    await process(ann, 'tracker');
    const year = (n: number) =>
      `(jsonb_populate_record(null::app_public.search_filters, '{"created_after": "${n}-01-01T00:00:00Z", "created_before": "${n + 1}-01-01T00:00:00Z"}'))`;
    expect((await contents(bob, 'agateword', year(2022)))[0]).toContain('agateword');
    expect(await contents(bob, 'agateword', year(2023))).toEqual([]);
    expect(await contents(bob, 'pearlword', year(new Date().getUTCFullYear()))).toEqual(['A pearlword.']);
    expect(await contents(ann, 'onyxword')).toHaveLength(1);
    expect(await contents(bob, 'onyxword')).toEqual([]);
    expect(await contents(bob, 'moonstone Zelda')).toContain('Answer d to it.');
    expect((await contents(bob, 'Zelda')).sort()).toEqual(['Answer d to it.', 'Answer e to it.']);
    // the identifier of a private event tells nobody that it is there
    const [theirs] = await rows(bob, ingest, JSON.stringify({ body: 'Mine.' }), 'b', '{}', 'workspace');
    expect(await rows(bob, 'select payload from app_public.raw_events where id = $1', theirs!.id)).toEqual([
      { payload: { body: 'Mine.' } },
    ]);
  });
});
