import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder, readAll } from './helpers.ts';

const fixture = join(import.meta.dirname, '../fixtures/claude');
const AT = '2025-01-01T10:00:00Z';

function message(uuid: unknown, text: string, extra: Record<string, unknown> = {}) {
  return { uuid, text, content: [{ type: 'text', text }], sender: 'human', created_at: AT, ...extra };
}

async function readExport(list: unknown, name = 'conversations.json') {
  const text = typeof list === 'string' ? list : JSON.stringify(list);
  return readAll(await makeFolder({ [name]: text }, 'export'));
}

const conversation = (chat_messages: unknown, extra: Record<string, unknown> = {}) => ({
  uuid: 'c',
  name: 'Talk',
  created_at: AT,
  chat_messages,
  ...extra,
});

describe('the export in test/fixtures', () => {
  test('keeps branches, roles and times, and what lies beside it', async () => {
    const { conversations, documents, reasons } = await readAll(fixture);
    expect(reasons.map((line) => line.replace(/^.*fixtures\//, ''))).toEqual([
      'claude:c1a0de00-0000-4000-8000-00000000000c (Never begun): empty',
      'claude/projects.json #1: empty.txt: empty',
      'claude/users.json: unsupported',
    ]);
    expect(documents.map(({ source, title, contentType }) => [source, title, contentType])).toEqual([
      [
        'claude:project/5a11e000-0000-4000-8000-000000000001/instructions',
        'Harbour log: instructions',
        'markdown',
      ],
      ['claude:project/5a11e000-0000-4000-8000-000000000001/d-1', 'Berths', 'markdown'],
    ]);
    const [tides, knots] = conversations;
    expect(tides).toMatchObject({
      source: 'claude:c1a0de00-0000-4000-8000-00000000000a',
      title: 'Tide tables',
      createdAt: new Date('2025-03-01T09:00:00.123Z'),
      updatedAt: new Date('2025-03-01T09:10:00Z'),
      currentLeaf: 't-r3',
      metadata: { importer: 'claude' },
    });
    expect(tides?.messages.map((m) => [m.externalId, m.parentExternalId, m.role])).toEqual([
      ['t-q1', null, 'user'],
      ['t-r1', 't-q1', 'assistant'],
      ['t-r2', 't-q1', 'assistant'],
      ['t-q2', 't-r2', 'user'],
      ['t-r3', 't-q2', 'assistant'],
    ]);
    // Without parents each follows the one before it.
    expect(knots?.messages.map((m) => [m.externalId, m.parentExternalId, m.content])).toEqual([
      ['o-1', null, 'Name a knot.'],
      ['o-2', 'o-1', 'The bowline.'],
      ['o-3', 'o-2', '[file: knot.png]'],
    ]);
  });

  test('keeps attachments with their text, tool calls with their results, thoughts apart', async () => {
    const { conversations } = await readAll(fixture);
    const [question, answer] = conversations[0]!.messages;
    expect(question?.attachments).toMatchObject([
      { externalId: 't-q1/attachment-1', name: 'tides.csv', mimeType: 'csv', size: 53, bytes: 'missing' },
      { externalId: 't-q1/file-1', name: 'quay.jpeg', mimeType: null, size: null, text: null },
    ]);
    expect(question?.attachments[0]?.text).toMatch(/^day,low,high\n/);
    expect(answer?.content).toBe('Let me look at the clock change.\n\nLow water is at 05:58, winter time.');
    expect(answer?.metadata).toEqual({
      thinking: 'The table has it, but the clocks change.',
      citations: [{ title: 'Clocks', url: 'https://example.org/clocks' }],
    });
    expect(answer?.toolCalls.map((c) => [c.turn, c.position, c.name, c.status, c.result, c.error])).toEqual([
      [1, 1, 'web_search', 'succeeded', { text: 'Clocks\n\nhttps://example.org/clocks' }, null],
      [
        1,
        2,
        'fetch_tides',
        'failed',
        { text: 'The station does not answer.' },
        'The station does not answer.',
      ],
      [2, 1, 'web_search', 'failed', null, 'The export has no answer to it.'],
    ]);
    expect(answer?.toolCalls[0]?.arguments).toEqual({ query: 'clock change Sunday' });
  });
});

describe('what is wrong with an export', () => {
  test('ids that are doubled, missing or of another type', async () => {
    const { conversations } = await readExport([
      conversation([
        message('a', 'one'),
        message('a', 'one'),
        message('a', 'another'),
        message(undefined, 'none'),
        message(7, 'number'),
        'no message',
        null,
      ]),
    ]);
    expect(conversations[0]?.messages.map((m) => [m.externalId, m.content])).toEqual([
      ['a', 'one'],
      ['a~2', 'another'],
      ['message-4', 'none'],
      ['message-5', 'number'],
    ]);
    expect(conversations[0]?.metadata.doubled_messages_left_out).toBe(1);
  });

  test('a bad conversation costs only itself', async () => {
    const list = [
      conversation('no list', { uuid: 'wrong' }),
      conversation([message('a', 'x', { parent_message_uuid: 'nobody' })], { uuid: 'orphan' }),
      conversation(
        [message('a', 'x', { parent_message_uuid: 'b' }), message('b', 'y', { parent_message_uuid: 'a' })],
        { uuid: 'circle' },
      ),
      conversation([message('a', 'hello')], { uuid: 'good' }),
      conversation([message('a', 'hello')], { uuid: 'good' }),
      7,
    ];
    const { conversations, skipped } = await readExport(list);
    expect(conversations.map((c) => c.source)).toEqual(['claude:orphan', 'claude:good']);
    expect(skipped.map(({ source, reason }) => [source, reason])).toEqual([
      ['export/conversations.json #1', 'unsupported'],
      ['claude:circle (Talk)', 'broken_tree'],
      ['claude:good (Talk)', 'duplicate'],
      ['export/conversations.json #6', 'unsupported'],
    ]);
  });

  test('an unknown kind of block gives what reads as text in it; one without is marked and counted', async () => {
    const { conversations } = await readExport([
      {
        uuid: 'kinds',
        chat_messages: [
          {
            uuid: 'a',
            sender: 'assistant',
            content: [
              { type: 'recipe_card', id: 'r 1', title_text: 'Soup of lentils', steps: ['Wash', 'Boil them'] },
              { type: 'gauge', value: 3 },
              { type: 'image', source: { type: 'base64', data: 'AAAA BBBB' } },
            ],
          },
        ],
      },
    ]);
    expect(conversations[0]?.messages[0]).toMatchObject({
      content: 'Soup of lentils\n\nWash\n\nBoil them\n\n[gauge]\n\n[image]',
      metadata: { unread_parts: ['gauge'] },
    });
    expect(conversations[0]?.leftOut).toMatchObject({ unread_parts: 1 });
  });

  test('fields that are missing or of another type', async () => {
    const { conversations } = await readExport([
      {
        uuid: 'odd',
        name: 5,
        chat_messages: [
          { uuid: 'a', content: 'plain text', attachments: 'x', files: [3], created_at: 'soon', sender: 9 },
          { uuid: 'b', content: [{ type: 'chart' }, 8, { type: 'tool_result' }], sender: 'assistant' },
          { uuid: 'c', content: [{ type: 'tool_use' }], sender: 'assistant', attachments: [{}] },
        ],
      },
    ]);
    expect(conversations[0]?.title).toBe('Untitled');
    expect(conversations[0]?.messages.map((m) => [m.role, m.content])).toEqual([
      ['system', 'plain text'],
      ['assistant', '[chart]'],
      ['assistant', '[file: file]\n[tool: tool]'],
    ]);
  });

  test('NUL and lone surrogates are cleaned and counted, also in attachments and tool calls', async () => {
    const { conversations } = await readExport([
      conversation([
        message('a', 'x\u0000y', { attachments: [{ file_name: 'n\ud800', extracted_content: 'a\u0000' }] }),
        {
          uuid: 'b',
          sender: 'assistant',
          content: [{ type: 'tool_use', name: 't', input: { q: '\u0000\udfff' } }],
        },
      ]),
    ]);
    expect(conversations[0]?.metadata.cleaned).toBe(6);
    expect(JSON.stringify(conversations[0])).not.toMatch(/\\u0000|\\ud800|\\udfff/);
  });

  test('what was cut off is imported up to the cut', async () => {
    const whole = JSON.stringify([conversation([message('a', 'hello')]), conversation([], { uuid: 'd' })]);
    const { conversations, skipped } = await readExport(whole.slice(0, -20));
    expect(conversations.map((c) => c.source)).toEqual(['claude:c']);
    expect(skipped[0]).toMatchObject({ source: 'export/conversations.json', reason: 'broken_json' });
    expect(skipped[0]?.detail).toMatch(/ends in the middle.*1 conversations before/);
    const cut = await readExport('[{"uuid": "x", "na');
    expect(cut.reasons).toEqual(['export/conversations.json: broken_json']);
  });
});
