import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvent } from '../../reading/event.ts';
import { readMrkdwn } from '../../reading/slack/entities.ts';
import { readSlackText } from '../../reading/slack/message.ts';

const names = { U1: 'Mira', C2: 'rigging', S3: 'sail-makers' };
const read = (message: object) => readSlackText({ ts: '1700000000.000100', ...message }, names);
const section = (...elements: object[]) => ({ type: 'rich_text_section', elements });
const rich = (...elements: object[]) => ({ blocks: [{ type: 'rich_text', elements }] });
const text = (content: string, style?: object) => ({
  type: 'text',
  text: content,
  ...(style ? { style } : {}),
});

describe("Slack's markup", () => {
  test.each([
    ['<@U1> and <@U9|old-name>, <@U8>', '@Mira and @old-name, @U8'],
    ['<#C2|rigging> <#C2|> <#C9|lost> <#C8>', '#rigging #rigging #lost #C8'],
    ['<!here> <!channel|channel> <!everyone>', '@here @channel @everyone'],
    ['<!subteam^S3|@sail-makers> <!subteam^S3> <!subteam^S9|@crew>', '@sail-makers @sail-makers @crew'],
    ['<https://example.org/a?b=1&amp;c=2|the plan>', '[the plan](https://example.org/a?b=1&c=2)'],
    ['<https://example.org/a> <http://example.org|example.org>', 'https://example.org/a http://example.org'],
    ['<mailto:m@example.org|m@example.org> <tel:+49123|call>', 'm@example.org [call](tel:+49123)'],
    ['<!date^1700000000^{date} at {time}|14 November>', '14 November'],
    ['<!date^1700000000^{date_short}>', '2023-11-14 22:13 UTC'],
    ['<!date^1700000000^{date}^https://example.org/cal|that day>', '[that day](https://example.org/cal)'],
    ['a &lt; b &amp;&amp; c &gt; d, and &amp;lt; stays', 'a < b && c > d, and &lt; stays'],
    ['2 < 3 and <b>no tag</b>', '2 < 3 and <b>no tag</b>'],
  ])('%s', (markup, said) => expect(readMrkdwn(markup, names)).toBe(said));

  test('any text is read without a fault, and one without marks stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(typeof readMrkdwn(any, names)).toBe('string');
        if (!/[<&]/.test(any)) expect(readMrkdwn(any, names)).toBe(any);
      }),
    );
  });
});

describe('what a message says', () => {
  test('stands there once, although text and blocks both say it', () => {
    const mention = { type: 'user', user_id: 'U1' };
    expect(
      read({
        text: '<@U1> look at <https://example.org/x|the mast>, please',
        ...rich(
          section(
            mention,
            text(' look at '),
            { type: 'link', url: 'https://example.org/x', text: 'the mast' },
            text(', please'),
          ),
        ),
      }),
    ).toBe('@Mira look at [the mast](https://example.org/x), please');
    // a text for clients that show no blocks, with a line that no block has
    expect(
      read({
        text: 'Build 7 failed\nOnly here',
        blocks: [{ type: 'header', text: { type: 'plain_text', text: 'Build 7 failed' } }],
      }),
    ).toBe('Build 7 failed\nOnly here');
    expect(
      read({
        text: 'Only here',
        blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'And *there*' } }],
      }),
    ).toBe('Only here\nAnd *there*');
  });

  test('has lists, quotes, code and other pieces of rich text', () => {
    const list = (style: string, indent: number, ...items: string[]) => ({
      type: 'rich_text_list',
      style,
      indent,
      elements: items.map((item) => section(text(item))),
    });
    expect(
      read(
        rich(
          section(text('Before:', { bold: true })),
          list('ordered', 0, 'hoist', 'trim'),
          list('bullet', 1, 'slowly'),
          { type: 'rich_text_quote', elements: [text('Aye\ncaptain')] },
          { type: 'rich_text_preformatted', elements: [text('knots --max 9 < 10')] },
          section(
            text('run', { code: true }),
            text(' '),
            { type: 'emoji', name: 'anchor' },
            { type: 'channel', channel_id: 'C2' },
            { type: 'usergroup', usergroup_id: 'S3' },
            { type: 'broadcast', range: 'here' },
            { type: 'date', timestamp: 1700000000, format: '{date}', fallback: 'Tuesday' },
          ),
        ),
      ),
    ).toBe(
      'Before:\n1. hoist\n2. trim\n  - slowly\n> Aye\n> captain\n```\nknots --max 9 < 10\n```\n`run` :anchor:#rigging@sail-makers@hereTuesday',
    );
  });

  test('has every kind of block, also one that is not known yet', () => {
    const plain = (content: string) => ({ type: 'plain_text', text: content });
    const marked = (content: string) => ({ type: 'mrkdwn', text: content });
    expect(
      read({
        blocks: [
          { type: 'header', text: plain('Storm &amp; rain') },
          { type: 'divider' },
          { type: 'section', text: marked('for <@U1>'), fields: [marked('*Wind*\n9'), plain('Gusts')] },
          {
            type: 'section',
            text: plain('Map'),
            accessory: { type: 'button', text: plain('open'), url: 'https://example.org/m' },
          },
          { type: 'context', elements: [{ type: 'image', alt_text: 'a buoy' }, marked('by <#C2>')] },
          { type: 'image', title: plain('Chart'), alt_text: 'chart.png' },
          { type: 'actions', elements: [{ type: 'button', text: plain('Mute') }] },
          { type: 'markdown', text: '**bold** words' },
          {
            type: 'table',
            rows: [
              [plain('port'), plain('depth')],
              [plain('Hov'), plain('4')],
            ],
          },
          { type: 'hologram', title: plain('Of a ship'), elements: [{ text: marked('with <@U1>') }] },
        ],
      }).split('\n'),
    ).toEqual([
      'Storm & rain',
      'for @Mira',
      '*Wind*',
      '9',
      'Gusts',
      'Map',
      '[open](https://example.org/m)',
      '[image: a buoy] by #rigging',
      '[image: Chart]',
      '**bold** words',
      'port | depth',
      'Hov | 4',
      'Of a ship',
      'with @Mira',
    ]);
  });

  test('has all of an alert, once', () => {
    expect(
      read({
        text: '',
        attachments: [
          {
            pretext: 'For <@U1>',
            title: 'Bilge',
            title_link: 'https://example.org/bilge',
            text: 'Water is at 40 cm',
            fallback: 'Bilge: Water is at 40 cm',
            fields: [{ title: 'Pump', value: 3, short: true }, { value: 'no title' }],
            footer: 'bilge-bot',
          },
          {
            fallback: '[no preview available]',
            message_blocks: [{ message: { blocks: [{ type: 'header', text: 'Shared' }] } }],
          },
          { fallback: 'Only a fallback &amp; nothing' },
        ],
        files: [{ name: 'pump.pdf', title: 'The pump' }, { id: 'F0' }],
      }),
    ).toBe(
      [
        'For @Mira',
        '[Bilge](https://example.org/bilge)',
        'Water is at 40 cm',
        'Pump: 3',
        'no title',
        'bilge-bot',
        'Shared',
        'Only a fallback & nothing',
        '[file: The pump (pump.pdf)]',
      ].join('\n'),
    );
  });

  test('is nothing of what Slack notes by itself, but a topic that was set', () => {
    for (const subtype of ['channel_join', 'channel_leave', 'tombstone', 'pinned_item', 'bot_add'])
      expect(read({ subtype, text: 'words' })).toBe('');
    for (const subtype of ['channel_topic', 'me_message', 'thread_broadcast', 'bot_message', 'of_tomorrow'])
      expect(read({ subtype, text: 'words', root: { text: 'of the root' } })).toBe('words');
  });
});

describe('an event of Slack', () => {
  const now = new Date('2025-01-01T00:00:00Z');
  const event = (payload: object, metadata: object = {}) => ({
    source: 'slack',
    eventType: 'message',
    payload,
    metadata,
  });

  test("is read as one whether it comes from an export or from Slack's own API", () => {
    const message = {
      type: 'message',
      user: 'U1',
      text: 'Reef <@U2>',
      ts: '1700000000.000100',
      user_profile: { real_name: 'Mira' },
    };
    const expected = {
      text: 'Reef @U2',
      heading: 'slack › #deck',
      title: '#deck: Mira, 2023-11-14 22:13',
      speaker: 'Mira',
      occurredAt: new Date('2023-11-14T22:13:20.000Z'),
    };
    expect(readEvent(event(message, { channel: 'deck' }), { now })).toMatchObject(expected);
    expect(
      readEvent(event({ type: 'event_callback', event: message }, { channel: 'deck' }), { now }),
    ).toMatchObject(expected);
    expect(
      readEvent(
        event(
          { type: 'message', subtype: 'message_changed', ts: '1700000001.0', message },
          { channel: 'deck' },
        ),
        { now },
      ),
    ).toMatchObject(expected);
    // anything else is read as events of any system are
    expect(readEvent(event({ summary: 'A ticket' }, { channel: 'deck' }), { now })).toMatchObject({
      text: 'A ticket',
      heading: 'slack › deck › message',
      title: null,
      occurredAt: null,
    });
  });

  test('never happened later than now', () => {
    const late = { type: 'message', text: 'x', ts: '1800000000.000100' };
    expect(readEvent(event(late, { occurred_at: '2030-01-01T00:00:00Z' }), { now }).occurredAt).toBeNull();
    expect(
      readEvent(event(late, { occurred_at: '2024-01-01T00:00:00Z' }), { now }).occurredAt?.getUTCFullYear(),
    ).toBe(2024);
  });

  test('of a thread has its beginning, and not when that says nothing', () => {
    const root = event({
      type: 'message',
      text: `See [x] <https://example.org|${'a long way '.repeat(20)}>`,
      ts: '1699999999.000100',
    });
    const reply = event({ type: 'message', text: 'Yes', ts: '1700000000.000100' });
    const said = readEvent(reply, { root, now });
    expect(said.title).toMatch(/^Slack: 2023-11-14 22:13, in the thread “See \[x\] a long way .{20,70}…”$/);
    expect(said.context).toContain('a long way');
    const gone = event({
      type: 'message',
      subtype: 'tombstone',
      text: 'This message was deleted.',
      ts: '1699999999.000100',
    });
    expect(readEvent(reply, { root: gone, now })).toMatchObject({
      context: null,
      title: 'Slack: 2023-11-14 22:13',
    });
  });
});
