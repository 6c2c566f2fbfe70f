import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countBytes, readPaths } from '../../import/read-paths.ts';
import { conversation, makeFolder, node, readAll } from './helpers.ts';

const fixture = join(import.meta.dirname, '../fixtures/chatgpt');
const S = 1_700_000_000;

/** Reads an export made of these conversations. */
async function readExport(list: unknown, options = {}) {
  const text = typeof list === 'string' ? list : JSON.stringify(list);
  return readAll(await makeFolder({ 'conversations.json': text }, 'export'), options);
}

describe('the export in test/fixtures', () => {
  test('keeps both branches, their roles, times and models', async () => {
    const { conversations, reasons } = await readAll(fixture);
    expect(reasons).toEqual(['chatgpt:66854680-0000-4000-8000-00000000000c (Untitled): empty']);
    const [tides] = conversations;
    expect(tides).toMatchObject({
      source: 'chatgpt:665ac0de-0000-4000-8000-00000000000a',
      title: 'Tides and moons',
      createdAt: new Date('2024-06-01T10:00:00.123Z'),
      updatedAt: new Date('2024-06-01T10:15:00.500Z'),
      model: 'gpt-4o',
      currentLeaf: 'a-r4',
    });
    expect(tides?.messages.map((m) => [m.externalId, m.parentExternalId, m.role, m.model])).toEqual([
      ['a-ctx', null, 'system', null],
      ['a-q1', 'a-ctx', 'user', null],
      ['a-r1', 'a-q1', 'assistant', 'gpt-4o'],
      ['a-r2', 'a-q1', 'assistant', 'gpt-4o'],
      ['a-q2', 'a-r2', 'user', null],
      ['a-r3', 'a-q2', 'assistant', 'gpt-4o'],
      ['a-q2b', 'a-r2', 'user', null],
      ['a-r4', 'a-q2b', 'assistant', 'gpt-4o-mini'],
    ]);
    expect(tides?.messages[0]).toMatchObject({
      content: 'I keep a harbour log.\n\nAnswer briefly.',
      createdAt: new Date('2024-06-01T10:00:00.124Z'),
      metadata: { content_type: 'user_editable_context', original_role: 'user', hidden: true },
    });
    expect(tides?.messages[3]?.createdAt).toEqual(new Date('2024-06-01T10:00:20.750Z'));
  });

  test('turns images, code, tool output, quotes and thoughts into text', async () => {
    const { conversations } = await readAll(fixture);
    const messages = conversations[1]!.messages;
    expect(messages.map((m) => m.content)).toEqual([
      '[image: harbour.png]\n\nCount the boats in `harbour.png`.',
      '```python\nboats = 7\nprint(boats)\n```',
      '7',
      '[Boats](https://example.org/boats)\n\nA sloop has one mast.',
      'Seven boats, one of them a sloop.',
    ]);
    expect(messages.map((m) => m.role)).toEqual(['user', 'assistant', 'tool', 'tool', 'assistant']);
    expect(messages[0]?.metadata).toEqual({
      content_type: 'multimodal_text',
      assets: [
        {
          type: 'image_asset_pointer',
          asset_pointer: 'file-service://file-Harbour1',
          size_bytes: 48029,
          width: 1024,
          height: 768,
        },
      ],
    });
    // Listed and shown, it is one file; the export in test/fixtures does not contain it.
    expect(messages[0]?.attachments).toEqual([
      {
        externalId: 'file-Harbour1',
        name: 'harbour.png',
        mimeType: 'image/png',
        size: 48029,
        bytes: 'missing',
        text: null,
        metadata: {},
      },
    ]);
    expect(messages.flatMap((m) => m.toolCalls)).toEqual([
      {
        turn: 1,
        position: 1,
        name: 'python',
        arguments: { input: 'boats = 7\nprint(boats)' },
        status: 'succeeded',
        result: { text: '7' },
        error: null,
      },
    ]);
    expect(messages[1]?.toolCalls).toHaveLength(1);
    expect(conversations[1]!.thoughts).toHaveLength(1);
    expect(messages[4]?.metadata.thinking).toBe('**Counting**\n\nSeven hulls, one of them a sloop.');
    expect(messages[4]?.metadata.citations).toEqual([{ title: 'Boats', url: 'https://example.org/boats' }]);
  });

  test('reads the same at any later time', async () => {
    const later = await readAll(fixture, { now: new Date('2031-01-01') });
    expect((await readAll(fixture)).items).toEqual(later.items);
  });
});

describe('what belongs to the messages', () => {
  const answer = (id: string, parent: string, message: Record<string, unknown>): ReturnType<typeof node> =>
    Object.assign(node(id, parent, 'x', S + 5), {
      message: {
        id,
        author: { role: 'assistant' },
        create_time: S + 5,
        content: { content_type: 'code', text: '{"query": "tides"}' },
        ...message,
      },
    });
  const tool = (id: string, parent: string, message: Record<string, unknown> = {}) =>
    answer(id, parent, {
      author: { role: 'tool', name: 'web.run' },
      content: { content_type: 'text', parts: ['found'] },
      ...message,
    });

  test('tool calls have their end: answered, failed, or not answered', async () => {
    const { conversations } = await readExport([
      conversation('c', [
        node('q', null, 'go', S),
        answer('ok', 'q', { recipient: 'web.run' }),
        tool('ok1', 'ok'),
        tool('ok2', 'ok1'),
        tool('other', 'ok2', { author: { role: 'tool', name: 'python' } }),
        answer('bad', 'q', { recipient: 'web.run' }),
        tool('bad1', 'bad', { content: { content_type: 'system_error', name: 'Timeout', text: 'too slow' } }),
        answer('open', 'q', { recipient: 'web.run', content: { content_type: 'text', parts: ['[1]'] } }),
        answer('code', 'q', { recipient: 'all' }),
        answer('plain', 'q', { recipient: 'all', content: { content_type: 'text', parts: ['hello'] } }),
      ]),
    ]);
    const calls = conversations[0]!.messages.flatMap((m) =>
      m.toolCalls.map((call) => [m.externalId, call.status, call.arguments, call.result, call.error]),
    );
    expect(calls).toEqual([
      ['ok', 'succeeded', { query: 'tides' }, { text: 'found\n\nfound' }, null],
      ['bad', 'failed', { query: 'tides' }, { text: 'Timeout\n\ntoo slow' }, 'Timeout\n\ntoo slow'],
      ['open', 'failed', { input: '[1]' }, null, 'The export has no answer to it.'],
    ]);
  });

  test('feedback is found beside the conversations, and what fits no message is named', async () => {
    const feedback = [
      {
        message_id: 'm',
        rating: 'thumbsUp',
        content: '{"tags": ["clear"], "text": "Yes"}',
        create_time: S + 9,
      },
      { id: 'n', rating: 'thumbs_down', content: '{}' },
      { message_id: 'gone', rating: 'thumbsUp' },
      { rating: 'thumbsUp' },
      { message_id: 'm2', rating: 5 },
      'x',
    ];
    const folder = await makeFolder(
      {
        'conversations.json': JSON.stringify([
          conversation('c', [node('m', null, 'one', S), node('n', 'm', 'two', S + 1)]),
        ]),
        'message_feedback.json': JSON.stringify(feedback),
      },
      'export',
    );
    const { conversations, reasons } = await readAll(folder);
    expect(conversations[0]?.messages.map((m) => m.feedback)).toEqual([
      { type: 'positive', comment: 'Yes\n\nclear', givenAt: new Date((S + 9) * 1000) },
      { type: 'negative', comment: null, givenAt: null },
    ]);
    expect(reasons).toEqual([
      'export/message_feedback.json #4: unsupported',
      'export/message_feedback.json #5: unsupported',
      'export/message_feedback.json #6: unsupported',
      'export/message_feedback.json: unsupported',
      'export/message_feedback.json: gone: no_message',
    ]);
  });

  test('files are described, and it is said whether the export has them', async () => {
    const shown = node('a', null, 'look', S);
    Object.assign(shown.message!, {
      metadata: {
        attachments: [
          { id: 'file-Ab1', name: 'a.pdf', mime_type: 'application/pdf', size: 3 },
          { name: 'no id.txt', size: -1 },
          'x',
        ],
      },
      content: {
        content_type: 'multimodal_text',
        parts: [
          { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_00ab', width: 2, height: 3 },
          { content_type: 'image_asset_pointer', asset_pointer: 'file-service://file-Ab1' },
        ],
      },
    });
    const folder = await makeFolder({
      'conversations.json': JSON.stringify([conversation('c', [shown])]),
      'dalle-generations/file_00ab-sketch.webp': 'RIFF',
    });
    const { conversations } = await readAll(folder);
    expect(conversations[0]?.messages[0]?.attachments).toMatchObject([
      { externalId: 'file-Ab1', name: 'a.pdf', size: 3, bytes: 'missing' },
      { externalId: 'a/2', name: 'no id.txt', size: null, bytes: 'missing' },
      { externalId: 'a/3', name: 'a/3', bytes: 'missing' },
      {
        externalId: 'file_00ab',
        name: 'file_00ab-sketch.webp',
        bytes: 'in_export',
        metadata: { path: 'dalle-generations/file_00ab-sketch.webp', width: 2, height: 3 },
      },
    ]);
  });
});

describe('times', () => {
  test('missing, broken, early and future ones become the parent’s plus a millisecond', async () => {
    const now = new Date('2024-01-01');
    const bad = [null, 'soon', -5, 0, 4e9, {}, 1e300];
    const nodes = [
      node('m0', null, 'zero', S + 1),
      ...bad.map((time, i) => node(`m${i + 1}`, `m${i}`, 'x', time)),
    ];
    const { conversations } = await readExport([conversation('c', nodes)], { now });
    const messages = conversations[0]!.messages;
    expect(messages.map((m) => m.createdAt.getTime())).toEqual(nodes.map((_, i) => (S + 1) * 1000 + i));
    expect(messages.map((m) => m.metadata.original_create_time)).toEqual([
      undefined,
      undefined,
      'soon',
      -5,
      0,
      4e9,
      {},
      1e300,
    ]);
  });

  test('a conversation is older than its messages, even copied ones', async () => {
    const { conversations } = await readExport([conversation('c', [node('a', null, 'hi', S - 1000)])]);
    expect(conversations[0]).toMatchObject({
      createdAt: new Date((S - 1000) * 1000 - 1),
      metadata: { original_create_time: S },
    });
  });

  test('milliseconds and ISO text are understood', async () => {
    const nodes = [node('a', null, 'hi', '2023-11-15T00:00:00Z'), node('b', 'a', 'ho', 1_700_006_401_000)];
    const { conversations } = await readExport([conversation('c', nodes)]);
    expect(conversations[0]?.messages.map((m) => m.createdAt.toISOString())).toEqual([
      '2023-11-15T00:00:00.000Z',
      '2023-11-15T00:00:01.000Z',
    ]);
  });

  test('a conversation without any time gets the day ChatGPT opened', async () => {
    const { conversations } = await readExport([
      conversation('c', [node('a', null, 'hi')], { create_time: null, update_time: null }),
    ]);
    expect(conversations[0]?.messages[0]?.createdAt).toEqual(new Date('2022-11-30'));
  });
});

describe('trees', () => {
  test('nodes that say nothing are left out and their children move up', async () => {
    const nodes = [
      node('root', null, null),
      node('blank', 'root', '  '),
      node('a', 'blank', 'A', S + 1),
      node('gap', 'a', ''),
      node('b', 'gap', 'B', S + 2),
      node('end', 'b', ''),
    ];
    const { conversations } = await readExport([conversation('c', nodes)]);
    expect(conversations[0]?.messages.map((m) => [m.externalId, m.parentExternalId])).toEqual([
      ['a', null],
      ['b', 'a'],
    ]);
    expect(conversations[0]?.currentLeaf).toBe('b');
    expect(conversations[0]?.metadata.empty_messages_left_out).toBe(3);
  });

  test.each([
    ['a circle', [node('a', 'b', 'A'), node('b', 'a', 'B')]],
    ['a circle beside a tree', [node('r', null, 'R'), node('a', 'b', 'A'), node('b', 'a', 'B')]],
    ['its own parent', [node('a', 'a', 'A')]],
  ])('%s is reported and the next conversation is read', async (_, nodes) => {
    const { conversations, skipped } = await readExport([
      conversation('bad', nodes),
      conversation('good', [node('a', null, 'A')]),
    ]);
    expect(conversations.map((c) => c.source)).toEqual(['chatgpt:good']);
    expect(skipped).toMatchObject([{ source: 'chatgpt:bad (Talk bad)', reason: 'broken_tree' }]);
  });

  test('the current leaf falls back to the newest message', async () => {
    const nodes = [node('a', null, 'A', S + 1), node('b', 'a', 'B', S + 9), node('c', 'a', 'C', S + 5)];
    for (const current_node of [null, 'gone', 7]) {
      const { conversations } = await readExport([conversation('c', nodes, { current_node })]);
      expect(conversations[0]?.currentLeaf).toBe('b');
    }
  });

  test('a hundred thousand messages in one line do not overflow', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) =>
      node(`n${i}`, i === 0 ? null : `n${i - 1}`, 'x', null),
    );
    const { conversations } = await readExport([conversation('c', nodes)]);
    expect(conversations[0]?.messages.length).toBe(100_000);
  });

  test('names like __proto__ are names', async () => {
    const text = JSON.stringify([
      conversation('c', [node('p', null, 'A', S + 1), node('b', 'p', 'B', S + 2)]),
    ]).replaceAll('"p"', '"__proto__"');
    const { conversations } = await readExport(text);
    expect(conversations[0]?.messages.map((m) => m.parentExternalId)).toEqual([null, '__proto__']);
  });
});

describe('what the database has no room for', () => {
  test('a very long message becomes a chain, and what followed it follows the end', async () => {
    const text = `${'x'.repeat(999_999)}🌊${'y'.repeat(1_200_000)}`;
    const nodes = [node('a', null, text, S + 1), node('b', 'a', 'B', S + 2), node('c', 'a', 'C', S + 3)];
    const { conversations } = await readExport([conversation('c', nodes, { current_node: 'a' })]);
    const messages = conversations[0]!.messages;
    expect(messages.map((m) => [m.externalId, m.parentExternalId])).toEqual([
      ['a', null],
      ['a#2', 'a'],
      ['a#3', 'a#2'],
      ['b', 'a#3'],
      ['c', 'a#3'],
    ]);
    const parts = messages.slice(0, 3);
    expect(parts.every((m) => m.content.isWellFormed() && m.content.length <= 1_000_000)).toBe(true);
    expect(parts.map((m) => m.content).join('') === text).toBe(true);
    expect(conversations[0]?.currentLeaf).toBe('a#3');
  });

  test('too many messages are reported, a long identity becomes a hash', async () => {
    const many = Array.from({ length: 100_001 }, (_, i) => node(`n${i}`, null, 'x', S + 1));
    const { conversations, reasons } = await readExport([
      conversation('many', many),
      conversation('i'.repeat(5000), [node('a', null, 'A')]),
    ]);
    expect(reasons).toEqual(['chatgpt:many (Talk many): too_large']);
    expect(conversations[0]?.source).toMatch(/^chatgpt:i{900,}~[0-9a-f]{64}$/);
    expect(conversations[0]?.source).toHaveLength(1000);
  });
});

describe('damage', () => {
  const good = (id: string) => conversation(id, [node(`${id}1`, null, 'hello')]);

  test('one conversation that does not parse costs only itself', async () => {
    const broken = JSON.stringify(good('b')).replace('"hello"', 'hello');
    const { conversations, reasons } = await readExport(
      `[${JSON.stringify(good('a'))},${broken},${JSON.stringify(good('c'))}]`,
    );
    expect(conversations.map((c) => c.source)).toEqual(['chatgpt:a', 'chatgpt:c']);
    expect(reasons).toEqual(['export/conversations.json #2: broken_json']);
  });

  test('what is no conversation is reported', async () => {
    const { conversations, reasons } = await readExport([
      good('a'),
      7,
      'x',
      null,
      [],
      { title: 'no mapping' },
      conversation('e', []),
    ]);
    expect(conversations).toHaveLength(1);
    expect(reasons).toEqual([
      ...[2, 3, 4, 5, 6].map((n) => `export/conversations.json #${n}: unsupported`),
      'chatgpt:e (Talk e): empty',
    ]);
  });

  test('a file that was cut gives everything before the cut', async () => {
    const text = JSON.stringify([good('a'), good('b'), good('c')]);
    const { conversations, skipped } = await readExport(text.slice(0, -100));
    expect(conversations.map((c) => c.source)).toEqual(['chatgpt:a', 'chatgpt:b']);
    expect(skipped).toMatchObject([
      { reason: 'broken_json', detail: expect.stringContaining('the 2 conversations') },
    ]);
    for (const start of ['[', '[{', '[{"title": "x']) {
      expect((await readExport(start)).skipped).toMatchObject([{ reason: 'broken_json' }]);
    }
  });

  test('text behind the list is reported', async () => {
    const { conversations, skipped } = await readExport(`${JSON.stringify([good('a')])}\n[]`);
    expect(conversations).toHaveLength(1);
    expect(skipped).toMatchObject([{ reason: 'broken_json' }]);
  });

  test('a conversation with a byte that is not UTF-8 is read, and says so', async () => {
    const folder = await makeFolder({}, 'export');
    const bytes = Buffer.from(JSON.stringify([good('a'), good('b')]));
    bytes[bytes.indexOf('hello')] = 0xff;
    await writeFile(join(folder, 'conversations.json'), bytes);
    const { conversations, reasons } = await readAll(folder);
    expect(conversations.map((c) => [c.source, c.metadata.warnings])).toEqual([
      ['chatgpt:a', [expect.stringContaining('not UTF-8')]],
      ['chatgpt:b', undefined],
    ]);
    expect(reasons).toEqual([]);
  });

  test('nesting that would overflow is refused', async () => {
    const deep = JSON.stringify(good('b')).replace('"hello"', '['.repeat(100_000) + ']'.repeat(100_000));
    const { conversations, reasons } = await readExport(`[${deep},${JSON.stringify(good('c'))}]`);
    expect(conversations).toHaveLength(1);
    expect(reasons).toEqual(['export/conversations.json #1: broken_json']);
  });

  test('a conversation over the limit is skipped without being kept', async () => {
    const big = conversation('big', [node('a', null, 'x'.repeat(5000))]);
    const { conversations, reasons } = await readExport([big, good('c')], { maxConversationBytes: 2000 });
    expect(conversations).toHaveLength(1);
    expect(reasons).toEqual(['export/conversations.json #1: too_large']);
  });

  test('a conversation that comes twice is read once', async () => {
    const { conversations, reasons } = await readExport([good('a'), good('a')]);
    expect(conversations).toHaveLength(1);
    expect(reasons).toEqual(['chatgpt:a (Talk a): duplicate']);
  });

  test('NUL and lone surrogates are cleaned and counted, everywhere', async () => {
    const text = JSON.stringify([
      conversation('c', [node('a', null, 'x\0y \ud800 🌊', S + 1), node('b\0', 'a', 'B', S + 2)], {
        title: 'T\0',
      }),
    ]);
    const { conversations } = await readExport(text);
    const [item] = conversations;
    expect(item).toMatchObject({ title: 'T', currentLeaf: 'b', metadata: { cleaned: expect.any(Number) } });
    expect(item?.messages.map((m) => m.content)).toEqual(['xy \ufffd 🌊', 'B']);
    const stored = JSON.stringify(item);
    expect(stored.includes('\\u0000') || /\\ud[89a-f]/i.test(stored)).toBe(false);
  });

  test('an unknown kind of content gives what reads as text in it; one without is marked and counted', async () => {
    const contents = [
      { content_type: 'hologram', beam: 1, id: 'not a text' },
      {
        content_type: 'poll',
        poll_id: '7f3a',
        question: 'Where shall we meet?',
        options: ['Paris', 'Rome'],
        nested: { cards: [{ caption: 'A square in the rain', image_url: 'https://example.org/a b' }] },
      },
      {
        content_type: 'multimodal_text',
        parts: ['Look: ', { content_type: 'smell', notes: 'of wet leaves' }],
      },
      { content_type: 'multimodal_text', parts: [{ content_type: 'scent', strength: 3 }] },
    ];
    const nodes = contents.map((content, i) => {
      const one = node(`n${i}`, i === 0 ? null : `n${i - 1}`, 'x', S + i) as unknown as {
        message: { content: unknown };
      };
      one.message.content = content;
      return [`n${i}`, one];
    });
    const { conversations } = await readExport([
      { ...conversation('c', [node('n0', null, 'x', S)]), mapping: Object.fromEntries(nodes) },
    ]);
    expect(conversations[0]?.messages.map((m) => m.content)).toEqual([
      '[hologram]',
      'Where shall we meet?\n\nParis\n\nRome\n\nA square in the rain',
      'Look: \n\nof wet leaves',
      '[scent]',
    ]);
    expect(conversations[0]?.messages.map((m) => m.metadata.unread_parts)).toEqual([
      ['hologram'],
      undefined,
      undefined,
      ['scent'],
    ]);
    expect(conversations[0]?.leftOut).toMatchObject({ unread_parts: 2 });
  });

  test('unknown kinds of content leave a mark, code cannot end its own fence', async () => {
    const strange = node('a', null, 'x', S + 1) as unknown as { message: { content: unknown } };
    strange.message.content = { content_type: 'hologram', beam: 1 };
    const code = node('b', 'a', 'x', S + 2) as unknown as { message: { content: unknown } };
    code.message.content = { content_type: 'code', language: 'unknown', text: '````\nx\n````' };
    const { conversations } = await readExport(
      [conversation('c', [strange, code] as never)].map((c) => ({ ...c, mapping: { a: strange, b: code } })),
    );
    expect(conversations[0]?.messages.map((m) => m.content)).toEqual([
      '[hologram]',
      '`````\n````\nx\n````\n`````',
    ]);
  });
});

describe('detection', () => {
  const good = conversation('a', [node('a1', null, 'hello')]);

  test('goes by the content: another name, one conversation, a wrapped list, a byte order mark', async () => {
    const folder = await makeFolder({
      'my-chats.json': JSON.stringify([good]),
      'one.json': JSON.stringify({ ...good, conversation_id: 'one' }, null, 2),
      'wrapped.json': JSON.stringify({ conversations: [{ ...good, conversation_id: 'wrapped' }] }),
      'z.json': `\ufeff${JSON.stringify([{ ...good, conversation_id: 'z' }])}`,
    });
    const { conversations, skipped } = await readAll(folder);
    expect(skipped).toEqual([]);
    expect(conversations.map((c) => c.source)).toEqual([
      'chatgpt:a',
      'chatgpt:one',
      'chatgpt:wrapped',
      'chatgpt:z',
    ]);
  });

  test('other JSON is no export', async () => {
    const folder = await makeFolder({
      'a.json': '{"mapping": {}}',
      'conversations.json': '[{"speaker": "x"}]',
      'c.json': '[]',
    });
    expect((await readAll(folder)).reasons).toEqual([
      'notes/conversations.json: unknown_json',
      'notes/a.json: unknown_json',
      'notes/c.json: empty',
    ]);
  });

  test('the account and the records beside an export are left alone', async () => {
    const folder = await makeFolder({
      'conversations.json': JSON.stringify([good]),
      'chat.html': '<html>everything again</html>',
      'message_feedback.json': '[]',
      'user.json': '{"email":"a@b.c"}',
      'notes.md': '# Mine',
    });
    const { documents, reasons } = await readAll(folder);
    expect(documents.map((d) => d.title)).toEqual(['Mine']);
    expect(reasons).toHaveLength(3);
    const alone = await readAll(await makeFolder({ 'user.json': '{"id":1}', 'package.json': '{}' }));
    expect(alone.documents).toHaveLength(2);
  });

  test('an export of 200 MB of nothing is reported', async () => {
    const folder = await makeFolder({ 'conversations.json': '[' });
    await truncate(join(folder, 'conversations.json'), 200 * 1024 * 1024);
    const { reasons, conversations } = await readAll(folder);
    expect(conversations).toEqual([]);
    expect(reasons).toHaveLength(1);
  });
});

test('a large export is read in little memory and all of it counted', async () => {
  const folder = await makeFolder({}, 'export');
  const file = createWriteStream(join(folder, 'conversations.json'));
  file.write('[');
  for (let i = 0; i < 400; i++) {
    const nodes = Array.from({ length: 50 }, (_, n) =>
      node(`n${n}`, n === 0 ? null : `n${n - 1}`, 'word, "quoted" \\ [x] '.repeat(250), S + n),
    );
    if (!file.write(`${i === 0 ? '' : ','}${JSON.stringify(conversation(`c${i}`, nodes))}`))
      await once(file, 'drain');
  }
  file.end(']');
  await once(file, 'close');
  const { bytes } = await countBytes([folder]);
  expect(bytes).toBeGreaterThan(100 * 1024 * 1024);
  let counted = 0;
  let conversations = 0;
  let peak = 0;
  const before = process.memoryUsage().rss;
  for await (const item of readPaths([folder], {
    onBytes: (n) => {
      counted += n;
    },
  })) {
    if (item.kind === 'conversation') conversations++;
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }
  expect({ conversations, counted }).toEqual({ conversations: 400, counted: bytes });
  expect(peak).toBeLessThan(400 * 1024 * 1024);
});
