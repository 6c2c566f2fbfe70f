import { expect, test } from 'vitest';
import { replacePattern } from '../../import/formats/chatgpt/python-patterns.ts';
import { chatgptExport, said, thoughtOf, toolSaid } from './chat-exports.ts';
import { makeFolder, readAll } from './helpers.ts';

const CITE = '\ue200cite\ue202turn0search1\ue202turn0news4\ue201';
const PRIVATE = /[\ue000-\uf8ff]|【|†/;

async function read(files: Record<string, unknown>) {
  const texts = Object.entries(files).map(([name, value]) => [
    name,
    typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value),
  ]);
  return readAll(await makeFolder(Object.fromEntries(texts), 'export'));
}
const readChatgpt = async (...messages: Parameters<typeof chatgptExport>) =>
  (await read({ 'conversations.json': chatgptExport(...messages) })).conversations[0]!;

test('marks become links to what they stand for, wherever the export says that', async () => {
  const item = await readChatgpt(
    said('q', 'user', 'Are there lynxes?'),
    toolSaid('t', 'web.run', '', {
      search_result_groups: [
        {
          domain: 'lynx.example',
          entries: [
            {
              url: 'https://lynx.example/a',
              title: 'Lynx A',
              ref_id: { turn_index: 0, ref_type: 'search', ref_index: 1 },
            },
            {
              url: 'https://lynx.example/b',
              title: 'Lynx B',
              ref_id: { turn_index: 0, ref_type: 'news', ref_index: 4 },
            },
          ],
        },
      ],
    }),
    // said beside the text, by alt or by items
    said(
      'a1',
      'assistant',
      `Yes ${CITE} and \ue200entity\ue202["animal","bobcats",1]\ue201 by \ue200products\ue202{"selections":[["turn0product1","Zeta 9"]]}\ue201.`,
      {
        content_references: [
          {
            matched_text: CITE,
            type: 'grouped_webpages',
            alt: null,
            items: [
              {
                title: 'Paws [1]',
                url: 'https://paws.example/',
                supporting_websites: [{ title: 'More', url: 'https://more.example/' }],
              },
            ],
          },
          {
            matched_text: ' ',
            type: 'sources_footnote',
            sources: [{ title: 'Foot', url: 'https://foot.example/' }],
          },
        ],
      },
    ),
    // only in the results of the search above
    said(
      'a2',
      'assistant',
      `Two. ${CITE} \ue203Marked words\ue204 \ue200url\ue202Site\ue202https://site.example/\ue201 \ue200image_group\ue202{"query":["x"]}\ue201end`,
    ),
    // nowhere: nothing of it stays; also where the private characters are gone, and where it is cut
    said(
      'a3',
      'assistant',
      `Three \ue200cite\ue202turn9search9\ue201, citeturn0search1 four【7:1†source】 five \ue200cite\ue202turn0`,
    ),
    // the older form, by position, counted in characters
    said('a4', 'assistant', '🌊 Sea 【3†L1-L9】 and 【8†source】.', {
      citations: [
        {
          start_ix: 6,
          end_ix: 15,
          metadata: { type: 'webpage', title: 'Sea page', url: 'https://sea.example/' },
        },
      ],
    }),
    said('a5', 'assistant', 'See \ue200filecite\ue202turn0file0\ue202L1-L3\ue201.', {
      content_references: [
        {
          matched_text: '\ue200filecite\ue202turn0file0\ue202L1-L3\ue201',
          type: 'file',
          name: 'lease.pdf',
          id: 'file_1',
        },
      ],
    }),
  );
  const by = new Map(item.messages.map((m) => [m.externalId, m]));
  expect(by.get('a1')).toMatchObject({
    content: 'Yes ([Paws 1](https://paws.example/), [More](https://more.example/)) and bobcats by Zeta 9.',
    metadata: {
      citations: [
        { title: 'Paws [1]', url: 'https://paws.example/' },
        { title: 'More', url: 'https://more.example/' },
        { title: 'Foot', url: 'https://foot.example/' },
      ],
    },
  });
  expect(by.get('a2')).toMatchObject({
    content:
      'Two. ([Lynx A](https://lynx.example/a), [Lynx B](https://lynx.example/b)) Marked words [Site](https://site.example/)end',
    metadata: {
      citations: [
        { title: 'Lynx A', url: 'https://lynx.example/a' },
        { title: 'Lynx B', url: 'https://lynx.example/b' },
        { title: 'Site', url: 'https://site.example/' },
      ],
    },
  });
  expect(by.get('a3')?.content).toBe('Three, ([Lynx A](https://lynx.example/a)) four five');
  expect(by.get('a4')).toMatchObject({
    content: '🌊 Sea ([Sea page](https://sea.example/)) and.',
    metadata: { citations: [{ title: 'Sea page', url: 'https://sea.example/' }] },
  });
  expect(by.get('a5')).toMatchObject({
    content: 'See (lease.pdf).',
    metadata: { citations: [{ title: 'lease.pdf' }] },
  });
  for (const { content } of item.messages) expect(content).not.toMatch(PRIVATE);
});

test('results that nothing cites are the sources of an answer, others stand beside them', async () => {
  const groups = [{ entries: [{ url: 'https://a.example/', title: 'A' }, { url: 'https://b.example/' }] }];
  const item = await readChatgpt(
    said('q', 'user', 'x'),
    said('a', 'assistant', 'One', { search_result_groups: groups }),
    said('b', 'assistant', 'Two', {
      search_result_groups: groups,
      citations: [{ metadata: { title: 'C', url: 'https://b.example/' } }],
    }),
  );
  expect(item.messages[1]?.metadata.citations).toEqual([
    { title: 'A', url: 'https://a.example/' },
    { url: 'https://b.example/' },
  ]);
  expect(item.messages[2]?.metadata).toMatchObject({
    citations: [{ title: 'C', url: 'https://b.example/' }],
    search_results: [{ title: 'A', url: 'https://a.example/' }],
  });
});

test.each([
  ['a string in the metadata', (state: object) => ({ chatgpt_sdk: { widget_state: JSON.stringify(state) } })],
  ['an object in the metadata', (state: object) => ({ chatgpt_sdk: { widget_state: state } })],
  [
    'the response of the tool',
    (state: object) => ({
      chatgpt_sdk: { tool_response_metadata: { venus_widget_state: JSON.stringify(state) } },
    }),
  ],
  ['the message itself', (state: object) => ({ venus_widget_state: state })],
  ['its text', null],
])('the report of a deep research is an answer with its sources: in %s', async (_, place) => {
  const report = (text: string) => ({
    status: 'completed',
    plan: { title: 'Eels in the Sargasso Sea' },
    report_message: {
      id: 'report-1',
      content: { content_type: 'text', parts: [text] },
      metadata: {
        content_references: [
          { matched_text: CITE, items: [{ title: 'Eel atlas', url: 'https://eels.example/' }] },
        ],
      },
    },
  });
  const state = (text: string) =>
    place === null
      ? toolSaid(
          `t-${text.length}`,
          'api_tool.call_tool',
          `The latest state of the widget is: ${JSON.stringify(report(text))}`,
        )
      : toolSaid(`t-${text.length}`, 'api_tool.call_tool', '', {
          is_visually_hidden_from_conversation: true,
          ...place(report(text)),
        });
  const item = await readChatgpt(
    said('q', 'user', 'Where do eels spawn?'),
    {
      ...said('call', 'assistant', '{"path":"/Deep Research App/start","args":{}}'),
      recipient: 'api_tool.call_tool',
    },
    state('# Eels\n\nDraft.'),
    state(`# Eels\n\nThey spawn in the Sargasso Sea ${CITE}.`),
    said('end', 'assistant', ''),
  );
  expect(item.messages.map((m) => [m.role, m.content])).toEqual([
    ['user', 'Where do eels spawn?'],
    ['assistant', '[tool: api_tool.call_tool]'],
    ['assistant', '# Eels\n\nThey spawn in the Sargasso Sea ([Eel atlas](https://eels.example/)).'],
  ]);
  expect(item.messages[2]?.metadata).toMatchObject({
    deep_research: 'Eels in the Sargasso Sea',
    citations: [{ title: 'Eel atlas', url: 'https://eels.example/' }],
  });
  expect(item.currentLeaf).toBe(item.messages[2]?.externalId);
});

test('what was thought goes to the answer that it led to, and is no message', async () => {
  const item = await readChatgpt(
    said('q', 'user', 'Is it far?'),
    thoughtOf('th1', [{ summary: 'Guess', content: 'Perhaps ninety miles.' }]),
    toolSaid('t', 'web.run', 'a map'),
    thoughtOf('th2', JSON.stringify([{ content: 'The map says forty.' }])),
    { ...said('an', 'assistant', 'Checking twice.'), channel: 'analysis' },
    {
      ...said('rr', 'assistant', ''),
      content: { content_type: 'reasoning_recap', content: 'Thought for 9s' },
    },
    said('a', 'assistant', 'Forty miles.'),
    said('q2', 'user', 'And back?'),
    thoughtOf('th3', [{ content: 'Never ended.' }]),
  );
  expect(item.messages.map((m) => m.content)).toEqual(['Is it far?', 'a map', 'Forty miles.', 'And back?']);
  expect(item.thoughts).toEqual(['th1', 'th2', 'an', 'rr', 'th3']);
  expect(item.messages[2]?.metadata.thinking).toBe(
    '**Guess**\n\nPerhaps ninety miles.\n\nThe map says forty.\n\nChecking twice.\n\nThought for 9s',
  );
  expect(item.messages[3]?.metadata.thinking).toBe('Never ended.');
});

const canvas = (
  id: string,
  action: 'create' | 'update',
  payload: object,
  extra: Record<string, unknown> = {},
) => ({
  ...said(id, 'assistant', ''),
  content: { content_type: 'code', language: 'json', text: JSON.stringify(payload) },
  recipient: `canmore.${action}_textdoc`,
  ...extra,
});
const done = (id: string, textdoc: string, extra: object = {}) =>
  toolSaid(id, 'canmore.update_textdoc', 'Done.', { canvas: { textdoc_id: textdoc, ...extra } });

test('a document in the canvas has its last text, with every version at its message', async () => {
  const item = await readChatgpt(
    said('q', 'user', 'Write'),
    canvas('c1', 'create', {
      name: 'Menu',
      type: 'document',
      content: 'Soup: leek.\nMain: cod.\nMain: hake.',
    }),
    done('d1', 'menu', { textdoc_type: 'document', title: 'Menu' }),
    canvas('c2', 'update', {
      updates: [
        { pattern: '(?P<what>Main): (\\w+)\\.', multiple: true, replacement: '\\g<what> dish: \\2!' },
      ],
    }),
    done('d2', 'menu'),
    // a pattern that fits nothing, and one that the canvas refused
    canvas('c3', 'update', { updates: [{ pattern: 'Dessert', multiple: false, replacement: 'x' }] }),
    done('d3', 'menu'),
    canvas('c4', 'update', { updates: [{ pattern: '.*', multiple: false, replacement: 'Nothing' }] }),
    done('d4', 'menu', { is_failure: true }),
    canvas('c5', 'create', { name: 'tide.py', type: 'code/python', content: 'print("\\n")' }),
    done('d5', 'tide'),
    // as parts, and without a word of the canvas: it is the one that was written last
    {
      ...canvas('c6', 'update', {}),
      content: {
        content_type: 'text',
        parts: [
          JSON.stringify({ updates: [{ pattern: '.*', multiple: false, replacement: 'print("\\\\n", 2)' }] }),
        ],
      },
    },
    said('a', 'assistant', 'There you are.'),
  );
  const attachments = item.messages.flatMap((m) =>
    m.attachments.map((each) => ({ at: m.externalId, ...each })),
  );
  expect(attachments).toMatchObject([
    {
      at: 'c1',
      externalId: 'canvas/menu',
      name: 'Menu',
      bytes: 'written',
      contentType: 'markdown',
      text: 'Soup: leek.\nMain dish: cod!\nMain dish: hake!',
      metadata: { kind: 'canvas', versions: 2, changes_left_out: 1 },
    },
    {
      at: 'c5',
      externalId: 'canvas/tide',
      name: 'tide.py',
      contentType: 'code',
      language: 'python',
      text: 'print("\\\\n", 2)',
      metadata: { versions: 2 },
    },
  ]);
  expect(item.messages.filter((m) => m.metadata.written).map((m) => [m.content, m.metadata.written])).toEqual(
    [
      [
        '[canvas: Menu]',
        [{ document: 'canvas/menu', name: 'Menu', version: 1, text: 'Soup: leek.\nMain: cod.\nMain: hake.' }],
      ],
      [
        '[canvas: Menu]',
        [
          {
            document: 'canvas/menu',
            name: 'Menu',
            version: 2,
            text: 'Soup: leek.\nMain dish: cod!\nMain dish: hake!',
          },
        ],
      ],
      ['[canvas: tide.py]', [{ document: 'canvas/tide', name: 'tide.py', version: 1, text: 'print("\\n")' }]],
      [
        '[canvas: tide.py]',
        [{ document: 'canvas/tide', name: 'tide.py', version: 2, text: 'print("\\\\n", 2)' }],
      ],
    ],
  );
});

test('of a document that goes on in two branches the open one counts', async () => {
  const messages = [
    said('q', 'user', 'Write'),
    canvas('c1', 'create', { name: 'Plan', type: 'document', content: 'one' }),
    done('d1', 'plan'),
    {
      ...canvas('left', 'update', { updates: [{ pattern: 'one', multiple: false, replacement: 'left' }] }),
      parent: 'd1',
    },
    { ...done('left-d', 'plan'), parent: 'left' },
    {
      ...canvas('right', 'update', { updates: [{ pattern: 'one', multiple: false, replacement: 'right' }] }),
      parent: 'd1',
    },
    { ...done('right-d', 'plan'), parent: 'right' },
  ];
  for (const [leaf, text] of [
    ['left-d', 'left'],
    ['right-d', 'right'],
    ['d1', 'one'],
  ] as const) {
    const [raw] = chatgptExport(...messages);
    const { conversations } = await read({ 'conversations.json': [{ ...raw, current_node: leaf }] });
    expect(conversations[0]?.messages.flatMap((m) => m.attachments.map((each) => each.text))).toEqual([text]);
  }
});

test('patterns are those of Python, and none holds up an import', () => {
  const cases: [string, string, string, boolean, string | null][] = [
    ['a.b a.b', 'a\\.b', 'x$1', false, 'x$1 a.b'],
    ['a.b a.b', 'a\\.b', 'x', true, 'x x'],
    ['AbC', '(?i)abc', 'x', false, 'x'],
    ['one\ntwo', 'one.two', 'x', false, 'x'],
    ['one', '(?P<a>o)(ne)', '\\2\\1\\n', false, 'neo\n'],
    ['f(x) + 1', 'f(x) + 1', 'g(x)', false, 'g(x)'],
    ['[x', '[x', 'y', true, 'y'],
    ['text', 'absent', 'y', false, null],
    ['text', '', 'y', false, 'ytext'],
  ];
  for (const [text, pattern, by, multiple, after] of cases)
    expect([pattern, replacePattern(text, pattern, by, multiple)]).toEqual([pattern, after]);
  expect(replacePattern(`${'a'.repeat(60)}b`, '^(a+)+$', 'x', false)).toBeNull();
});

test('a voice is its transcript, an image its name or what was asked for', async () => {
  const audio = {
    content_type: 'audio_asset_pointer',
    asset_pointer: 'sediment://file_00aa',
    format: 'wav',
    size_bytes: 9,
  };
  const call = {
    content_type: 'real_time_user_audio_video_asset_pointer',
    audio_asset_pointer: audio,
    video_container_asset_pointer: null,
    frames_asset_pointers: [],
  };
  const parts = (id: string, role: string, list: unknown[], metadata = {}) => ({
    ...said(id, role, '', metadata),
    content: { content_type: 'multimodal_text', parts: list },
  });
  const conversation = 'aaaaaaaa-0000-4000-8000-000000000001';
  const { conversations, items, reasons } = await read({
    'conversations.json': chatgptExport(
      parts('v1', 'user', [
        { content_type: 'audio_transcription', text: 'How deep is the fjord?', direction: 'in' },
        call,
      ]),
      parts('v2', 'assistant', [
        { content_type: 'audio_transcription', text: 'Thirteen hundred metres.' },
        { ...audio, asset_pointer: 'sediment://file_00bb' },
      ]),
      parts('v3', 'user', [{ ...call, audio_asset_pointer: { asset_pointer: 'sediment://file_00cc' } }]),
      parts('i1', 'tool', [
        {
          content_type: 'image_asset_pointer',
          asset_pointer: 'sediment://file_00dd',
          metadata: { dalle: { prompt: 'a fjord\nin snow' } },
        },
      ]),
      parts('i2', 'user', [
        { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_00ee' },
        'What is it?',
      ]),
    ),
    [`${conversation}/audio/file_00aa-1.wav`]: Buffer.from('RIFF\0\0\0\0WAVEfmt \0\x01'),
    'conversation_asset_file_names.json': { 'file_00ee-x.dat': 'Nordfjord map.jpeg' },
    'file_00ee-x.dat': 'no picture',
    'export_manifest.json': {},
  });
  expect(conversations[0]?.messages.map((m) => m.content)).toEqual([
    'How deep is the fjord?',
    'Thirteen hundred metres.',
    '[voice message]',
    '[image: a fjord in snow]',
    '[image: Nordfjord map.jpeg]\n\nWhat is it?',
  ]);
  expect(
    conversations[0]?.messages.map((m) =>
      m.attachments.map((a) => [a.name, a.mimeType, a.bytes, a.metadata.path]),
    ),
  ).toEqual([
    [['file_00aa-1.wav', 'audio/wav', 'in_export', `${conversation}/audio/file_00aa-1.wav`]],
    [['file_00bb', 'audio/wav', 'missing', undefined]],
    [['file_00cc', null, 'missing', undefined]],
    [['file_00dd', null, 'missing', undefined]],
    [['Nordfjord map.jpeg', null, 'in_export', 'file_00ee-x.dat']],
  ]);
  // what is a sound, or no image though it is called one, is only described; and none of it is a document of its own
  expect(items.map((item) => item.kind)).not.toContain('document');
  expect(items.map((item) => item.kind)).not.toContain('upload');
  expect(reasons).toEqual([
    'export/conversation_asset_file_names.json: unsupported',
    'export/export_manifest.json: unsupported',
  ]);
});

test('files of an export have the names that they were sent with, and are read by what they are', async () => {
  const { items, reasons } = await read({
    'conversations.json': chatgptExport(
      said('q', 'user', 'Read these', {
        attachments: [
          { id: 'file-Aa1', name: 'lease.pdf', mime_type: 'application/pdf', size: 9 },
          { id: 'file-Bb2', name: 'sheet.csv' },
          { id: 'file-Cc3' },
        ],
      }),
    ),
    'conversation_asset_file_names.json': { 'file-Cc3.dat': 'harbour.png', 'file-Dd4.dat': 'left over.md' },
    'library_files.json': [{ file_id: 'file-Ee5', file_name: 'plan.docx' }],
    'file-Aa1.dat': '%PDF-1.7 …',
    'file-Bb2.dat': 'day,low\n1,2\n',
    'file-Cc3.dat': Buffer.from('\x89PNG\r\n\x1a\n\0\0', 'latin1'),
    'file-Dd4.dat': '# Left over\n\nBy nobody.',
    'file-Ee5.dat': Buffer.from('PK\x03\x04\0\0\0\0', 'latin1'),
    'file-Ff6.dat': Buffer.from('\0\x01\x02\x03\0\0', 'latin1'),
    'notes.md': '# Mine',
  });
  expect(
    items.flatMap((item) =>
      item.kind === 'upload' ? [[item.source, item.name, item.mimeType, item.attachment?.externalId]] : [],
    ),
  ).toEqual([
    ['chatgpt:c/file-Aa1', 'lease.pdf', 'application/pdf', 'file-Aa1'],
    ['chatgpt:c/file-Bb2', 'sheet.csv', 'text/csv', 'file-Bb2'],
    ['chatgpt:c/file-Cc3', 'harbour.png', 'image/png', 'file-Cc3'],
    ['chatgpt:file/file-Dd4', 'left over.md', 'text/markdown', undefined],
    ['chatgpt:file/file-Ee5', 'plan.docx', 'application/octet-stream', undefined],
  ]);
  expect(items.flatMap((item) => (item.kind === 'document' ? [item.source] : []))).toEqual([
    'file:export/notes.md',
  ]);
  expect(reasons).toContain('file-Ff6.dat: binary');
});

test('a missing parent costs its link and nothing else', async () => {
  const chain = Array.from({ length: 9 }, (_, i) => said(`m${i}`, i % 2 ? 'assistant' : 'user', `Line ${i}`));
  const [raw] = chatgptExport(...chain);
  const mapping = raw!.mapping as Record<string, { parent: string | null; children: string[] }>;
  mapping.m0!.parent = 'gone-0';
  mapping.m4!.parent = 'gone-4';
  mapping.m7!.parent = 'gone-7';
  const { conversations, reasons } = await read({ 'conversations.json': [raw] });
  const parents = (item = conversations[0]) => item?.messages.map((m) => m.parentExternalId);
  expect(parents()).toEqual([null, 'm0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
  expect(conversations[0]?.metadata.missing_parents).toBe(2);
  expect(conversations[0]?.messages[4]?.metadata.missing_parent).toBe('gone-4');
  expect(conversations[0]?.messages[0]?.metadata.missing_parent).toBeUndefined();
  expect(reasons).toEqual([]);
  // whatever the order in the file, and without any times
  const shuffled = Object.fromEntries(Object.entries(mapping).reverse());
  expect(
    parents((await read({ 'conversations.json': [{ ...raw, mapping: shuffled }] })).conversations[0]),
  ).toEqual(parents());
  const timeless = JSON.parse(
    JSON.stringify({ ...raw, mapping }).replace(/"create_time":\d+(?:\.\d+)?,/g, ''),
  );
  expect(parents((await read({ 'conversations.json': [timeless] })).conversations[0])).toEqual(parents());
  // all of them at once
  const lost = JSON.parse(
    JSON.stringify({ ...raw, mapping }).replace(/"parent":"[^"]*"/g, '"parent":"nowhere"'),
  );
  expect((await read({ 'conversations.json': [lost] })).conversations[0]?.messages).toHaveLength(9);
});

test('what ChatGPT remembers is its last list and what came after; custom instructions are found wherever they lie', async () => {
  const bio = (id: string, text: string) => [
    { ...said(id, 'assistant', text), recipient: 'bio' },
    toolSaid(`${id}-done`, 'bio', 'Model set context updated.'),
  ];
  const list = (id: string, text: string) => ({
    ...said(id, 'system', ''),
    content: { content_type: 'model_editable_context', model_set_context: text },
  });
  const instructions = said('i', 'user', '', {
    is_user_system_message: true,
    user_context_message_data: { about_user_message: 'I keep bees.', about_model_message: 'Be brief.' },
  });
  const { items, conversations } = await read({
    'conversations.json': chatgptExport(
      instructions,
      ...bio('b0', 'Lives in Ghent.'),
      list('l', '1. [2025-04-01]. Plays the viola.\n\n2. [2025-04-02]. Has two sons,\nboth at school.'),
      said('q', 'user', 'Remember more.'),
      ...bio('b1', 'Keeps forty hives.'),
      ...bio('b2', 'Plays the viola.'),
      ...bio('b3', 'Forget that I play the viola.'),
      { ...said('b4', 'assistant', 'Never answered.'), recipient: 'bio' },
    ),
  });
  expect(conversations[0]?.messages[0]).toMatchObject({
    role: 'system',
    content: 'I keep bees.\n\nBe brief.',
  });
  expect(items.flatMap((item) => (item.kind === 'memory' ? [[item.subject, item.content]] : []))).toEqual([
    ['ChatGPT: Plays the viola.', 'Plays the viola.'],
    ['ChatGPT: Has two sons, both at school.', 'Has two sons,\nboth at school.'],
    ['ChatGPT: Keeps forty hives.', 'Keeps forty hives.'],
  ]);
});
