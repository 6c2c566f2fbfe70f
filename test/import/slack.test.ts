import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, readAll } from './helpers.ts';

const fixture = join(import.meta.dirname, '../fixtures/slack');
const channels = JSON.stringify([{ id: 'C1', name: 'general' }]);
const users = JSON.stringify([{ id: 'U1', name: 'ann' }]);
const eventsOf = (read: Awaited<ReturnType<typeof readAll>>) =>
  read.items.filter((item) => item.kind === 'event');

describe('a Slack export', () => {
  test('gives every message of every channel, as it is', async () => {
    const read = await readAll(fixture);
    expect(eventsOf(read).map((item) => item.source)).toEqual([
      'slack:D01HARBOUR:1709539400.000000',
      'slack:C01GENERAL:1709539200.000100',
      'slack:C01GENERAL:1709539260.000200',
      'slack:C01GENERAL:1709539300.000300',
      'slack:C01GENERAL:1709625600.000100',
      'slack:C02HARBOUR:1709539260.000200',
    ]);
    const said = eventsOf(read)[2];
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
    expect(eventsOf(read)[3]?.metadata.user_name).toBe('Bob Pilot');
    expect(read.reasons.map((line) => line.replace(/^.*fixtures\//, ''))).toEqual([
      'slack/channels.json: unsupported',
      'slack/dms.json: unsupported',
      'slack/users.json: unsupported',
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
    ]);
    expect(eventsOf(read)[0]).toMatchObject({ payload: { text: 'ab' }, metadata: { cleaned: 1 } });
    expect(read.reasons.filter((line) => !line.endsWith('unsupported'))).toEqual([
      'acme/groups.json: broken_json',
      'acme/general/2024-01-01.json #6: too_large',
      'acme/general/2024-01-02.json: broken_json',
      'acme/secret/2024-01-01.json: unknown_channel',
    ]);
    expect(read.reasons.filter((line) => /#\d.*unsupported$/.test(line))).toEqual([
      'acme/general/2024-01-01.json #2: unsupported',
      'acme/general/2024-01-01.json #3: unsupported',
      'acme/general/2024-01-01.json #4: unsupported',
      'acme/general/2024-01-01.json #5: unsupported',
    ]);
  });
});
