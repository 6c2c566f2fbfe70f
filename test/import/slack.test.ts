import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, readAll } from './helpers.ts';

const fixture = join(import.meta.dirname, '../fixtures/slack');
const channels = JSON.stringify([{ id: 'C1', name: 'general' }]);
const users = JSON.stringify([{ id: 'U1', name: 'ann' }]);
const eventsOf = (read: Awaited<ReturnType<typeof readAll>>) =>
  read.items.filter((item) => item.kind === 'event');

describe('a Slack export', () => {
  test('gives every message that somebody wrote, of every channel, as it is', async () => {
    const read = await readAll(fixture);
    expect(eventsOf(read).map((item) => item.source)).toEqual([
      'slack:D01HARBOUR:1709539400.000000',
      'slack:C01GENERAL:1709539260.000200',
      'slack:C01GENERAL:1709539300.000300',
      'slack:C01GENERAL:1709625600.000100',
      'slack:C02HARBOUR:1709539260.000200',
    ]);
    const said = eventsOf(read)[1];
    expect(said).toMatchObject({
      system: 'slack',
      eventType: 'message',
      externalId: 'C01GENERAL:1709539260.000200',
      payload: { text: 'The pilot boat is back.', reactions: [{ name: 'anchor' }], reply_count: 1 },
      metadata: {
        importer: 'slack',
        channel_id: 'C01GENERAL',
        channel: 'general',
        user_name: 'ann',
        occurred_at: '2024-03-04T08:01:00.000Z',
      },
    });
    expect(eventsOf(read)[2]?.metadata.user_name).toBe('Bob Pilot');
    expect(read.reasons.map((line) => line.replace(/^.*fixtures\//, ''))).toEqual([
      'slack/channels.json: unsupported',
      'slack/dms.json: unsupported',
      'slack/general/2024-03-04.json #1: notice',
      'slack/users.json: unsupported',
    ]);
  });

  test('of an organisation has its people at the top, and each workspace in a folder of its own', async () => {
    const day = (user: string, text: string) =>
      JSON.stringify([{ type: 'message', user, text, ts: '1704067200.000100' }]);
    const folder = await makeFolder({
      'users.json': JSON.stringify([{ id: 'W1', name: 'ann', profile: { real_name: 'Ann Lee' } }]),
      'org_users.json': JSON.stringify([{ id: 'W2', name: 'cy', profile: { real_name: 'Cy Oak' } }]),
      'channels.json': JSON.stringify([{ id: 'C9', name: 'all' }]),
      'all/2024-01-01.json': day('W2', 'To all'),
      'teams/sales/channels.json': JSON.stringify([{ id: 'C8', name: 'deals' }]),
      'teams/sales/groups.json': JSON.stringify([{ id: 'G8', name: 'board' }]),
      'teams/sales/deals/2024-01-01.json': day('W1', 'Signed, says <@W2>'),
      'teams/sales/board/2024-01-01.json': day('USLACKBOT', 'Reminder'),
    });
    expect(
      eventsOf(await readAll(folder)).map(({ metadata, isPrivate }) => [
        metadata.channel,
        metadata.user_name,
        metadata.names,
        isPrivate,
      ]),
    ).toEqual([
      ['all', 'Cy Oak', undefined, false],
      ['board', 'Slackbot', undefined, true],
      ['deals', 'Ann Lee', { W2: 'Cy Oak' }, false],
    ]);
  });

  test('is recognised by a single day of it, and by nothing that only looks alike', async () => {
    const day = await readAll(join(fixture, 'general/2024-03-05.json'));
    expect(eventsOf(day)).toHaveLength(1);
    const notes = await makeFolder({ 'general/2024-03-05.json': '{"a": 1}', 'users.json': users });
    const read = await readAll(notes);
    expect(read.reasons).toEqual([
      'notes/general/2024-03-05.json: unknown_json',
      'notes/users.json: unknown_json',
    ]);
  });

  test('a bad message, day or list costs only itself, and is named', async () => {
    const folder = await makeFolder(
      {
        'channels.json': channels,
        'groups.json': '[{"id":',
        'users.json': users,
        'general/2024-01-01.json': JSON.stringify([
          { ts: '1704067200.000100', text: 'a\u0000b' },
          { text: 'no time' },
          { ts: 5 },
          { ts: '99999999999.1' },
          'text',
          { ts: '1704067300.000100', text: 'x'.repeat(1024 * 1024) },
          { ts: '1704067400.000100', type: 'message', text: 'good' },
        ]),
        'general/2024-01-02.json': '[{"ts": "1704153600.000100"}, {"ts": "17041',
        'secret/2024-01-01.json': '[{"ts": "1704067200.000100"}]',
      },
      'acme',
    );
    const read = await readAll(folder);
    expect(eventsOf(read).map((item) => item.externalId)).toEqual([
      'C1:1704067200.000100',
      'C1:1704067400.000100',
      'C1:1704153600.000100',
      // its list is broken: it is known by its folder, and shared with nobody
      'secret:1704067200.000100',
    ]);
    expect(eventsOf(read).map((item) => item.isPrivate)).toEqual([false, false, false, true]);
    expect(eventsOf(read)[0]).toMatchObject({ payload: { text: 'ab' }, metadata: { cleaned: 1 } });
    expect(read.reasons.filter((line) => !line.endsWith('unsupported'))).toEqual([
      'acme/groups.json: broken_json',
      'acme/general/2024-01-01.json #6: too_large',
      'acme/general/2024-01-02.json: broken_json',
    ]);
    expect(read.reasons.filter((line) => /#\d.*unsupported$/.test(line))).toEqual([
      'acme/general/2024-01-01.json #2: unsupported',
      'acme/general/2024-01-01.json #3: unsupported',
      'acme/general/2024-01-01.json #4: unsupported',
      'acme/general/2024-01-01.json #5: unsupported',
    ]);
  });

  const day = (more: object = {}) =>
    JSON.stringify([{ type: 'message', user: 'U1', text: 'Hello <@U1>', ts: '1704067200.000100', ...more }]);

  test('is recognised whatever is missing of it', async () => {
    const whole = {
      'channels.json': channels,
      'users.json': users,
      'general/2024-01-01.json': day(),
      'D7/2024-01-01.json': day(),
    };
    for (const missing of [[], ['users.json'], ['channels.json'], ['channels.json', 'users.json']]) {
      const files = Object.fromEntries(Object.entries(whole).filter(([name]) => !missing.includes(name)));
      const read = await readAll(await makeFolder(files, 'acme'));
      expect(read.documents, missing.join()).toEqual([]);
      const general = missing.includes('channels.json') ? 'general' : 'C1';
      expect(eventsOf(read).map((item) => [item.externalId, item.isPrivate])).toEqual([
        ['D7:1704067200.000100', true],
        [`${general}:1704067200.000100`, missing.includes('channels.json')],
      ]);
      expect(eventsOf(read)[0]?.metadata.user_name).toBe(missing.includes('users.json') ? undefined : 'ann');
      expect(eventsOf(read)[0]?.metadata.names).toEqual(
        missing.includes('users.json') ? undefined : { U1: 'ann' },
      );
    }
  });

  test('is told apart from days and lists of something else', async () => {
    const read = await readAll(
      await makeFolder({
        'channels.json': '[{"id": "C1", "name": "stdout"}]',
        'lists.json': '[{"id": 1}]',
        'log/2024-01-01.json': '[{"ts": "1704067200", "type": "message", "text": "a log"}]',
      }),
    );
    expect(eventsOf(read)).toEqual([]);
  });

  test('keeps threads, files and kinds of channels in the metadata, and no token that opens files', async () => {
    const read = await readAll(
      await makeFolder(
        {
          'channels.json': channels,
          'groups.json': JSON.stringify([{ id: 'G1', name: 'plans' }]),
          'mpims.json': JSON.stringify([{ id: 'G2', name: 'mpdm-ann--bea-1', members: ['U1', 'U2'] }]),
          'users.json': JSON.stringify([
            { id: 'U1', name: 'ann', profile: { bot_id: 'B7' } },
            { id: 'U2', profile: { real_name: 'Bea Ott' } },
          ]),
          'general/2024-01-01.json': day({
            thread_ts: '1704060000.000100',
            files: [
              {
                id: 'F1',
                name: 'plan.pdf',
                mimetype: 'application/pdf',
                size: 7,
                url_private: 'https://files.example.org/F1/plan.pdf?t=xoxe-11-abc',
                thumb: 'https://files.example.org/F1/thumb.png?w=9&t=xoxe-11-abc',
              },
              { id: 'F2', mode: 'tombstone' },
            ],
          }),
          'plans/2024-01-01.json': day({ thread_ts: '1704067200.000100', user: undefined, bot_id: 'B7' }),
          'mpdm-ann--bea-1/2024-01-01.json': day({ user: undefined, username: 'buildbot' }),
        },
        'acme',
      ),
    );
    const of = (id: string) => eventsOf(read).find((item) => item.externalId.startsWith(`${id}:`))!;
    expect(of('C1').metadata).toMatchObject({
      channel_kind: 'public',
      thread: 'C1:1704060000.000100',
      attachments: [
        { external_id: 'F1', name: 'plan.pdf', mime_type: 'application/pdf', size: 7, bytes: 'missing' },
      ],
    });
    expect(JSON.stringify(of('C1').payload)).toContain('https://files.example.org/F1/plan.pdf?"');
    expect(JSON.stringify(read.items)).not.toContain('xoxe');
    expect(of('G1').metadata).toMatchObject({ channel_kind: 'private', channel: 'plans', user_name: 'ann' });
    expect(of('G1').metadata.thread).toBeUndefined();
    expect(of('G2').metadata).toMatchObject({
      channel_kind: 'group',
      channel: 'ann, Bea Ott',
      user_name: 'buildbot',
    });
  });

  test('gives canvases and lists as documents where their text is there, and names the others', async () => {
    const read = await readAll(
      await makeFolder(
        {
          'channels.json': channels,
          'users.json': users,
          'general/2024-01-01.json': day(),
          'FC:F3:Roof/2024-01-01.json': day(),
          'FC:F3:Roof/roof.html': '<h1>Roof</h1><p>Slates.',
          'canvases.json': JSON.stringify([
            { id: 'F1', title: 'Cellar', content: '<h2>Cellar</h2><p>Ask <@U1> about <b>damp</b>.</p>' },
            { id: 'F2', title: 'Attic' },
            { id: 'F3', title: 'Roof' },
            { title: 'nameless' },
          ]),
          'lists.json': JSON.stringify([
            {
              id: 'F9',
              title: 'Doors',
              records: [
                {
                  fields: [
                    { key: 'Door', text: 'oak' },
                    { key: 'State', value: 'open' },
                  ],
                },
              ],
            },
          ]),
        },
        'acme',
      ),
    );
    expect(read.documents.map(({ source, title, content }) => [source, title, content])).toEqual([
      ['file:acme/FC:F3:Roof/roof.html', 'Roof', '# Roof\n\nSlates.'],
      ['slack:canvas/F1', 'Cellar', expect.stringMatching(/^## Cellar\s+Ask @?.*about .*damp/)],
      ['slack:canvas/F9', 'Doors', '- Door: oak; State: open'],
    ]);
    expect(
      read.skipped.filter((one) => one.source.includes('canvases')).map((one) => [one.source, one.reason]),
    ).toEqual([
      ['acme/canvases.json #2 "Attic"', 'not_in_export'],
      ['acme/canvases.json #3 "Roof"', 'unsupported'],
      ['acme/canvases.json #4 "nameless"', 'unsupported'],
    ]);
    expect(eventsOf(read).find((item) => item.metadata.channel_kind === 'canvas')).toMatchObject({
      externalId: 'F3:1704067200.000100',
      isPrivate: true,
      metadata: { channel: 'Roof' },
    });
  });
});
