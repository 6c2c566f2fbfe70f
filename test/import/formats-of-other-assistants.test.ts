import { describe, expect, test } from 'vitest';
import { makeFolder, readAll } from './helpers.ts';

const S = 1_755_000_000;

describe('an export of Open WebUI', () => {
  const message = (
    id: string,
    parentId: string | null,
    role: string,
    content: string,
    more: object = {},
  ) => ({
    id,
    parentId,
    childrenIds: [],
    role,
    content,
    timestamp: S + Number(id.slice(1)),
    ...more,
  });
  const chat = (id: string, messages: ReturnType<typeof message>[], more: object = {}) => ({
    id,
    user_id: 'u',
    title: `Chat ${id}`,
    chat: {
      id: '',
      title: `Chat ${id}`,
      models: ['llama3.1'],
      params: { system: 'Be kind.' },
      history: {
        messages: Object.fromEntries(messages.map((each) => [each.id, each])),
        currentId: messages.at(-1)?.id,
      },
      messages: [],
      tags: [],
    },
    updated_at: S + 900,
    created_at: S,
    share_id: null,
    archived: false,
    pinned: true,
    meta: { tags: ['sea', 'moon'] },
    folder_id: null,
    ...more,
  });
  const quoted = (value: unknown) =>
    JSON.stringify(value).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

  test('keeps branches, files, sources, thumbs; takes reasoning and calls out of the text, where versions keep them', async () => {
    const boxes = `<details type="reasoning" done="true" duration="4">\n<summary>Thought for 4 seconds</summary>\n&gt; Is it the moon?\n&gt; 1 &lt; 2\n</details>\n<details type="tool_calls" done="true" id="c1" name="tides" arguments="${quoted('{"place": "Oban"}')}" result="${quoted('05:12 & "high"')}" files="">\n<summary>Tool Executed</summary>\n</details>\nThe moon pulls.\n<details>\n<summary>Mine</summary>\nkept\n</details>`;
    const output = [
      { type: 'reasoning', content: [{ type: 'output_text', text: 'The sun as well.' }], summary: null },
      { type: 'function_call', call_id: 'c2', name: 'weather', arguments: '{"city":"Oban"}' },
      { type: 'function_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'rain' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'And the sun.' }] },
    ];
    const export_ = [
      chat('w1', [
        message('m1', null, 'user', 'Why tides?', {
          files: [
            {
              type: 'file',
              id: 'f1',
              name: 'tides.csv',
              size: 9,
              file: { data: { content: 'day,low' }, meta: { content_type: 'text/csv' } },
            },
          ],
        }),
        message('m2', 'm1', 'assistant', boxes, {
          model: 'deepseek-r1',
          annotation: { rating: 1, reason: 'accurate_information', comment: 'Good' },
          sources: [
            {
              source: { name: 'Tide atlas', url: 'https://example.org/atlas' },
              document: ['x'],
              metadata: [{ source: 'https://example.org/moon', title: 'Moon' }],
            },
          ],
        }),
        message(
          'm3',
          'm1',
          'assistant',
          '<details type="reasoning" done="true"><summary>Thought</summary>&gt; The sun</details>And the sun.',
          { model: 'gpt-oss', output },
        ),
        message('m4', 'm1', 'assistant', '<think>\nLet me see.\n</think>\n\nOnly the moon.', {
          annotation: { rating: -1 },
        }),
        message('m5', 'm4', 'assistant', '', { error: { content: 'Out of memory' } }),
      ]),
      chat('w2', [message('m1', null, 'user', 'Other')]),
    ];
    const folder = await makeFolder({ 'chat-export-1755.json': JSON.stringify(export_) });
    const { conversations, documents, skipped } = await readAll(folder);
    expect([skipped, documents]).toEqual([[], []]);
    expect(conversations.map(({ source, title, model }) => [source, title, model])).toEqual([
      ['open-webui:w1', 'Chat w1', 'llama3.1'],
      ['open-webui:w2', 'Chat w2', 'llama3.1'],
    ]);
    const [first] = conversations;
    expect(first?.metadata).toMatchObject({
      importer: 'open-webui',
      is_starred: true,
      tags: ['sea', 'moon'],
      system: 'Be kind.',
    });
    expect(first?.createdAt.getTime()).toBe(S * 1000);
    expect(first?.currentLeaf).toBe('m5');
    const [question, boxed, listed, tagged, failed] = first?.messages ?? [];
    expect(question?.attachments).toMatchObject([
      { externalId: 'f1', name: 'tides.csv', mimeType: 'text/csv', size: 9, text: 'day,low' },
    ]);
    expect(boxed).toMatchObject({
      content: 'The moon pulls.\n<details>\n<summary>Mine</summary>\nkept\n</details>',
      model: 'deepseek-r1',
      metadata: {
        thinking: 'Is it the moon?\n1 < 2',
        citations: [
          { title: 'Tide atlas', url: 'https://example.org/atlas' },
          { title: 'Moon', url: 'https://example.org/moon' },
        ],
      },
      toolCalls: [
        {
          name: 'tides',
          arguments: { place: 'Oban' },
          status: 'succeeded',
          result: { text: '05:12 & "high"' },
        },
      ],
      feedback: { type: 'positive', comment: 'Good\n\naccurate_information' },
    });
    expect(listed).toMatchObject({
      parentExternalId: 'm1',
      content: 'And the sun.',
      metadata: { thinking: 'The sun as well.' },
      toolCalls: [{ name: 'weather', arguments: { city: 'Oban' }, result: { text: 'rain' } }],
    });
    expect(tagged).toMatchObject({
      content: 'Only the moon.',
      metadata: { thinking: 'Let me see.' },
      feedback: { type: 'negative', comment: null },
    });
    expect(failed).toMatchObject({ role: 'system', content: 'Out of memory' });
  });

  test('is also one chat, with or without what is kept about it, and an old list', async () => {
    const { chat: bare } = chat('w3', [message('m1', null, 'user', 'Bare')]);
    const old = {
      title: 'Old',
      models: ['llama2'],
      messages: [
        { id: 'o1', parentId: null, role: 'user', content: 'a', timestamp: S },
        { id: 'o2', parentId: 'o1', role: 'assistant', content: 'b' },
      ],
    };
    const folder = await makeFolder({
      'a.json': JSON.stringify(chat('w4', [message('m1', null, 'user', 'One')]), null, 2),
      'b.json': JSON.stringify({ ...bare, id: 'w3' }),
      'c.json': JSON.stringify([{ id: 'w5', title: 'Old', chat: old }]),
      'd.json': JSON.stringify([chat('w4', [message('m1', null, 'user', 'One')])]),
    });
    const { conversations, reasons } = await readAll(folder);
    expect(conversations.map(({ source, messages }) => [source, messages.length])).toEqual([
      ['open-webui:w4', 1],
      ['open-webui:w3', 1],
      ['open-webui:w5', 2],
    ]);
    expect(reasons).toEqual(['open-webui:w4 (Chat w4): duplicate']);
  });
});

describe('an export of LibreChat', () => {
  const NOTHING = '00000000-0000-0000-0000-000000000000';
  const message = (
    messageId: string,
    parentMessageId: string | undefined,
    isCreatedByUser: boolean,
    text: string,
    more: object = {},
  ) => ({
    messageId,
    parentMessageId,
    conversationId: 'lc',
    sender: isCreatedByUser ? 'User' : 'GPT-4',
    text,
    isCreatedByUser,
    createdAt: '2026-01-02T03:04:05.006Z',
    model: isCreatedByUser ? null : 'gpt-4o',
    ...more,
  });
  const about = (more: object) => ({
    conversationId: 'lc',
    endpoint: 'openAI',
    title: 'Tides',
    exportAt: '10:00:00 GMT',
    branches: true,
    recursive: false,
    options: { model: 'gpt-4o', promptPrefix: 'Be kind.' },
    ...more,
  });
  const list = () => [
    message('q1', NOTHING, true, 'Why tides?', {
      files: [{ file_id: 'f1', filename: 'a.pdf', type: 'application/pdf', bytes: 12 }],
    }),
    message('r1', 'q1', false, '', {
      content: [
        { type: 'think', think: 'Is it the moon?' },
        { type: 'text', text: { value: 'I look.' } },
        {
          type: 'tool_call',
          tool_call: {
            id: 't',
            name: 'web_search',
            args: '{"query":"tides"}',
            output: 'The moon.',
            type: 'tool_call',
          },
        },
        { type: 'text', text: 'The moon pulls.' },
      ],
      feedback: { rating: 'thumbsDown', tag: 'not_accurate', text: 'No' },
    }),
    message('r2', 'q1', false, ':::thinking\nOr the sun?\n:::\n\nThe sun as well.'),
    message('e1', 'r2', false, 'No key was given.', { error: true }),
  ];

  test('is a tree, flat or nested, with calls and thinking apart', async () => {
    const [q1, r1, r2, e1] = list();
    const tree = [
      {
        ...q1,
        children: [
          { ...r1, children: [] },
          { ...r2, children: [{ ...e1, children: [] }] },
        ],
      },
    ];
    const flat = await readAll(
      await makeFolder({ 'flat.json': JSON.stringify(about({ messages: list() })) }),
    );
    const nested = await readAll(
      await makeFolder({ 'tree.json': JSON.stringify(about({ recursive: true, messagesTree: tree })) }),
    );
    const unnamed = tree.map((top) =>
      JSON.parse(JSON.stringify(top, (key, value) => (key === 'parentMessageId' ? undefined : value))),
    );
    const bare = await readAll(
      await makeFolder({ 'tree.json': JSON.stringify(about({ messages: unnamed[0] })) }),
    );
    expect(flat.skipped).toEqual([]);
    expect(nested.conversations).toEqual(flat.conversations);
    expect(bare.conversations).toEqual(flat.conversations);
    const [conversation] = flat.conversations;
    expect(conversation).toMatchObject({
      source: 'librechat:lc',
      title: 'Tides',
      model: 'gpt-4o',
      metadata: { endpoint: 'openAI', system: 'Be kind.' },
    });
    expect(conversation?.messages.map((m) => [m.externalId, m.parentExternalId, m.role, m.content])).toEqual([
      ['q1', null, 'user', 'Why tides?'],
      ['r1', 'q1', 'assistant', 'I look.\n\nThe moon pulls.'],
      ['r2', 'q1', 'assistant', 'The sun as well.'],
      ['e1', 'r2', 'system', 'No key was given.'],
    ]);
    const [question, answer, other] = conversation?.messages ?? [];
    expect(question?.attachments).toMatchObject([
      { externalId: 'f1', name: 'a.pdf', mimeType: 'application/pdf', size: 12 },
    ]);
    expect(answer).toMatchObject({
      metadata: { thinking: 'Is it the moon?' },
      toolCalls: [
        {
          name: 'web_search',
          arguments: { query: 'tides' },
          status: 'succeeded',
          result: { text: 'The moon.' },
        },
      ],
      feedback: { type: 'negative', comment: 'No\n\nnot_accurate' },
    });
    expect(other?.metadata.thinking).toBe('Or the sun?');
  });

  test('may be thousands of messages deep, one of a list, in a row without parents, or cut off', async () => {
    const DEPTH = 3000;
    const levels = Array.from({ length: DEPTH }, (_, i) =>
      JSON.stringify(message(`d${i + 1}`, i === 0 ? NOTHING : `d${i}`, i % 2 === 0, `${i}`)).slice(0, -1),
    );
    const deep = `${levels.join(',"children":[')},"children":[]}${']}'.repeat(DEPTH - 1)}`;
    const row = [message('x1', undefined, true, 'one'), message('x2', undefined, false, 'two')];
    const folder = await makeFolder({
      'deep.json': JSON.stringify(about({ messagesTree: ['DEEP'] })).replace('"DEEP"', deep),
      'list.json': JSON.stringify([
        about({ conversationId: 'l1', messages: row }),
        about({ conversationId: 'l2', messages: row }),
      ]),
      'v.json': JSON.stringify(about({ conversationId: 'v', messages: list() })).slice(0, -20),
    });
    const { conversations, reasons } = await readAll(folder);
    expect(conversations.map(({ source, messages }) => [source, messages.length])).toEqual([
      ['librechat:lc', DEPTH],
      ['librechat:l1', 2],
      ['librechat:l2', 2],
    ]);
    expect(conversations[0]?.messages.at(-1)?.parentExternalId).toBe(`d${DEPTH - 1}`);
    expect(conversations[1]?.messages[1]?.parentExternalId).toBe('x1');
    expect(reasons).toEqual(['notes/v.json: broken_json']);
  });
});

describe('the activity of Gemini in a Takeout', () => {
  const entry = (title: string, time: string, more: object = {}) => ({
    header: 'Gemini Apps',
    title,
    time,
    products: ['Gemini Apps'],
    activityControls: ['Gemini Apps Activity'],
    ...more,
  });
  const cell = (product: string, body: string) =>
    `<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid"><div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${product}<br></p></div><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${body}</div><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div><div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;${product}<br></div></div></div>`;
  const page = (...cells: string[]) =>
    `<html><head><title>My Activity History</title><style>.mdl-cell{x:${'y'.repeat(80_000)}}</style></head><body><div class="mdl-grid">${cells.join('')}</div></body></html>`;

  test('is a conversation an entry, the same from JSON and from HTML', async () => {
    const answer = '<h3>Tides</h3><p>The <b>moon</b> pulls &amp; pulls.</p>';
    const json = [
      entry('Prompted Why tides?\nSay it <b>short</b>', '2026-01-02T03:04:05.678Z', {
        safeHtmlItem: [{ html: answer }, { html: '<p>Another draft.</p>' }],
        titleUrl: 'https://gemini.google.com/app',
        subtitles: [{ name: 'Attached 1 file.' }],
        attachedFiles: ['tides.pdf'],
        imageFile: 'a.png',
      }),
      entry('Prompted And without an answer', '2026-01-03T00:00:00Z'),
      entry('Prompted ', '2026-01-04T00:00:00Z', {
        imageFile: 'b.png',
        safeHtmlItem: [{ html: '<p>A boat.</p>' }],
      }),
      entry('Gave feedback: Good response', '2026-01-05T00:00:00Z'),
      {
        header: 'Bard',
        title: 'Asked an old thing',
        time: '2023-06-01T00:00:00Z',
        products: ['Bard'],
        safeHtmlItem: [{ html: '<p>Old.</p>' }],
      },
      { header: 'YouTube', title: 'Watched something', time: '2026-01-05T00:00:00Z', products: ['YouTube'] },
      'nothing',
    ];
    const html = page(
      cell(
        'Gemini Apps',
        `Prompted&nbsp;Why tides?<br>Say it &lt;b&gt;short&lt;/b&gt;<br>Jan 2, 2026, 4:04:05\u202fAM CET<br>${answer}`,
      ),
      cell(
        'Gemini Apps',
        'Prompted&nbsp;Une question<br>02.01.2026, 04:05:06 MEZ<br><p>Une r\u00e9ponse.</p>',
      ),
      cell('Gemini Apps', 'Gave feedback: Good response<br>Jan 5, 2026, 1:00:00\u202fAM UTC<br>'),
      cell('Gemini Apps', 'No date at all'),
    );
    const inJson = await readAll(
      await makeFolder({ 'Takeout/My Activity/Gemini Apps/MyActivity.json': JSON.stringify(json, null, 2) }),
    );
    const inHtml = await readAll(
      await makeFolder({ 'Takeout/My Activity/Gemini Apps/MyActivity.html': html }),
    );
    expect(
      inJson.conversations.map(({ title, messages, createdAt }) => [
        title,
        createdAt.toISOString().slice(0, 10),
        ...messages.map(({ role, content }) => `${role}: ${content}`),
      ]),
    ).toEqual([
      [
        'Why tides? Say it <b>short</b>',
        '2026-01-02',
        'user: Why tides?\nSay it <b>short</b>',
        'assistant: ### Tides\n\nThe moon pulls & pulls.\n\nAnother draft.',
      ],
      ['And without an answer', '2026-01-02', 'user: And without an answer'],
      ['A boat.', '2026-01-03', 'user: [file: b.png]', 'assistant: A boat.'],
      ['an old thing', '2023-05-31', 'user: an old thing', 'assistant: Old.'],
    ]);
    expect(inJson.conversations[0]).toMatchObject({
      metadata: { importer: 'gemini', url: 'https://gemini.google.com/app', details: ['Attached 1 file.'] },
      messages: [{ attachments: [{ name: 'a.png' }, { name: 'tides.pdf' }] }, {}],
    });
    expect(inJson.reasons.map((reason) => reason.split(': ').at(-1))).toEqual([
      'unsupported',
      'unsupported',
      'unsupported',
    ]);
    expect(inHtml.conversations[0]?.source).toBe(inJson.conversations[0]?.source);
    expect(
      inHtml.conversations.map(({ messages, metadata }) => [metadata.original_time, messages.length]),
    ).toEqual([
      [undefined, 2],
      ['02.01.2026, 04:05:06 MEZ', 2],
    ]);
    expect(inHtml.reasons).toHaveLength(2);
  });

  test('of other products is named in one line', async () => {
    const folder = await makeFolder({
      'Takeout/archive_browser.html': '<html><body>Archive</body></html>',
      'Takeout/My Activity/YouTube/MyActivity.json': JSON.stringify([
        { header: 'YouTube', title: 'Watched', time: '2026-01-05T00:00:00Z', products: ['YouTube'] },
      ]),
      'Takeout/My Activity/Maps/MyActivity.html': page(
        cell('Maps', 'Searched<br>Jan 5, 2026, 1:00:00 AM UTC<br>'),
      ),
    });
    const { items, reasons } = await readAll(folder);
    expect(items).toHaveLength(3);
    expect(reasons.map((reason) => reason.split(': ').at(-1))).toEqual(Array(3).fill('unsupported'));
  });
});

test('a channel that DiscordChatExporter wrote is its messages, as events', async () => {
  const message = (id: string, content: string, more: object = {}) => ({
    id,
    type: 'Default',
    timestamp: '2026-01-02T03:04:05.006+00:00',
    timestampEdited: null,
    isPinned: false,
    content,
    author: { id: '7', name: 'ann', nickname: 'Ann', isBot: false },
    attachments: [],
    embeds: [],
    ...more,
  });
  const file = {
    guild: { id: '1', name: 'Harbour' },
    channel: {
      id: '22',
      type: 'GuildTextChat',
      category: 'Text',
      name: 'tides',
      topic: 'the "messages": [ of it',
    },
    dateRange: { after: null, before: null },
    exportedAt: '2026-01-03T00:00:00Z',
    messages: [
      message('100', 'Fog until noon.'),
      message('101', '', { type: 'GuildMemberJoin' }),
      message('102', 'Yes', { type: 'Reply', reference: { messageId: '100' } }),
      { id: '103' },
    ],
    messageCount: 4,
  };
  const { items, reasons } = await readAll(
    await makeFolder({ 'Harbour - tides [22].json': JSON.stringify(file, null, 2) }),
  );
  expect(items.filter(({ kind }) => kind === 'event')).toMatchObject([
    {
      source: 'discord:22:100',
      system: 'discord',
      externalId: '22:100',
      payload: { content: 'Fog until noon.' },
      metadata: {
        channel: 'tides',
        guild: 'Harbour',
        user_name: 'Ann',
        occurred_at: '2026-01-02T03:04:05.006Z',
      },
    },
    { source: 'discord:22:102' },
  ]);
  expect(reasons.map((reason) => reason.split(': ').at(-1))).toEqual(['empty', 'unsupported']);
});

describe('an export of DeepSeek', () => {
  const at = (second: number) => `2026-01-02T11:00:0${second}.000000+08:00`;
  const tree = (...messages: object[]) =>
    Object.fromEntries([
      ['root', { id: 'root', parent: null, children: ['1'], message: null }],
      ...messages.map((message, i) => [
        `${i + 1}`,
        {
          id: `${i + 1}`,
          parent: i === 0 ? 'root' : `${i}`,
          children: [],
          message: { model: 'deepseek-reasoner', inserted_at: at(i), ...message },
        },
      ]),
    ]);
  const talk = (...messages: object[]) =>
    JSON.stringify([
      { id: 'ds', title: 'Sky', inserted_at: at(0), updated_at: at(9), mapping: tree(...messages) },
    ]);

  test('gives its fragments: what was asked, found, thought and said', async () => {
    const folder = await makeFolder({
      'conversations.json': talk(
        {
          files: [{ id: 'f1', file_name: 'sky.pdf', content: 'Of light.' }],
          fragments: [{ type: 'REQUEST', content: 'Why blue?' }],
        },
        {
          fragments: [
            {
              type: 'SEARCH',
              results: [
                { url: 'https://r.example/', title: 'Rayleigh' },
                { url: 'https://o.example/', title: 'Other' },
              ],
            },
            { type: 'THINK', content: 'Perhaps the sea.' },
            { type: 'RESPONSE', content: 'Air scatters it [citation:1][citation:7].' },
          ],
        },
        { fragments: [] },
      ),
      'user.json': '{"user_id": "u", "email": "a@example.org"}',
    });
    const { conversations, reasons } = await readAll(folder);
    expect(conversations).toMatchObject([
      {
        source: 'deepseek:ds',
        title: 'Sky',
        model: 'deepseek-reasoner',
        createdAt: new Date('2026-01-02T02:59:59.999Z'),
        leftOut: { empty_messages: 1 },
        messages: [
          {
            role: 'user',
            content: 'Why blue?',
            parentExternalId: null,
            attachments: [{ externalId: 'f1', name: 'sky.pdf', text: 'Of light.' }],
          },
          {
            role: 'assistant',
            parentExternalId: '1',
            content: 'Air scatters it ([Rayleigh](https://r.example/)).',
            metadata: {
              thinking: 'Perhaps the sea.',
              citations: [{ title: 'Rayleigh', url: 'https://r.example/' }],
              search_results: [{ title: 'Other', url: 'https://o.example/' }],
            },
          },
        ],
      },
    ]);
    expect(reasons).toEqual(['notes/user.json: unsupported']);
  });

  test('of before the fragments has the two speak in turn', async () => {
    const folder = await makeFolder({
      'conversations.json': talk(
        { content: 'Old question', reasoning_content: null, search_results: null },
        { content: 'Old answer', reasoning_content: 'Hm.', search_results: null },
        { content: 'And then?', reasoning_content: null },
        { content: 'Nothing.', reasoning_content: null },
      ),
    });
    const [item] = (await readAll(folder)).conversations;
    expect(item?.messages.map(({ role, content, metadata }) => [role, content, metadata.thinking])).toEqual([
      ['user', 'Old question', undefined],
      ['assistant', 'Old answer', 'Hm.'],
      ['user', 'And then?', undefined],
      ['assistant', 'Nothing.', undefined],
    ]);
  });
});

describe('an export of Grok', () => {
  const time = (ms: number) => ({ $date: { $numberLong: String(1_781_573_451_000 + ms) } });
  const response = (
    id: string,
    parent: string | undefined,
    sender: string,
    message: string,
    more: object = {},
  ) => ({
    response: {
      _id: id,
      parent_response_id: parent,
      sender,
      message,
      create_time: time(Number(id.slice(1))),
      model: 'grok-4',
      ...more,
    },
    share_link: null,
  });
  const about = {
    id: 'g',
    title: 'Rockets',
    create_time: '2026-06-16T01:30:51.000Z',
    modify_time: '2026-06-16T01:31:16Z',
  };
  const MARK =
    '<grok:render card_id="k1" card_type="citation_card" type="render_inline_citation"><argument name="citation_id">3</argument></grok:render>';

  test('gives branches, thoughts, sources, artifacts and the files that lie beside it', async () => {
    const backend = {
      conversations: [
        {
          conversation: about,
          responses: [
            response('r1', undefined, 'human', 'How high?', { file_attachments: ['asset-1', 'asset-2'] }),
            response('r2', 'r1', 'ASSISTANT', `Four hundred km ${MARK}.`, {
              thinking_trace: 'Low orbit. <xai:tool_usage_card>{"x":1}</xai:tool_usage_card>',
              card_attachments_json: ['{"id":"k1","url":"https://orbit.example/"}'],
              web_search_results: [
                { url: 'https://orbit.example/', title: 'Orbits' },
                { url: 'https://else.example/', title: 'Else' },
              ],
            }),
            response(
              'r3',
              'r1',
              'grok-3',
              'Here.\n\n<xaiArtifact artifact_id="a" artifact_version_id="v" title="Plan" contentType="text/markdown">\n# Plan\n\nClimb.\n</xaiArtifact>',
            ),
            response('r4', 'r3', 'assistant', '', {
              generated_image_urls: ['users/u/generated/red.jpg'],
              query: 'a red rocket',
            }),
            response('r5', 'r4', 'assistant', '', { error: 'Failed to respond.' }),
          ],
        },
      ],
      projects: [],
      tasks: [],
      media_posts: [],
    };
    const top = 'ttl/30d/export_data/u';
    const folder = await makeFolder({
      [`${top}/prod-grok-backend.json`]: JSON.stringify(backend),
      [`${top}/prod-mc-billing.json`]: '{"balance": 1}',
      [`${top}/prod-mc-asset-server/asset-1/content`]: 'print("lift off")',
      [`${top}/prod-mc-asset-server/asset-9/content`]: 'Of no conversation.',
    });
    const { items, conversations, reasons } = await readAll(folder);
    expect(conversations).toMatchObject([
      {
        source: 'grok:g',
        title: 'Rockets',
        messages: [
          {
            role: 'user',
            createdAt: new Date(1_781_573_451_001),
            attachments: [
              { externalId: 'asset-1', bytes: 'in_export' },
              { externalId: 'asset-2', bytes: 'missing' },
            ],
          },
          {
            role: 'assistant',
            model: 'grok-4',
            content: 'Four hundred km ([Orbits](https://orbit.example/)).',
            metadata: {
              thinking: 'Low orbit.',
              citations: [{ title: 'Orbits', url: 'https://orbit.example/' }],
              search_results: [{ title: 'Else' }],
            },
          },
          {
            role: 'assistant',
            parentExternalId: 'r1',
            content: 'Here.\n\n[artifact: Plan]',
            attachments: [
              { externalId: 'artifact/a', name: 'Plan', bytes: 'written', text: '# Plan\n\nClimb.' },
            ],
          },
          { content: '[image: a red rocket]', attachments: [{ name: 'red.jpg', bytes: 'missing' }] },
          { role: 'system', content: 'Failed to respond.' },
        ],
      },
    ]);
    expect(
      items.flatMap((item) =>
        item.kind === 'upload' ? [[item.source, item.name, item.attachment?.externalId]] : [],
      ),
    ).toEqual([
      ['grok:g/asset-1', 'asset-1.txt', 'asset-1'],
      ['grok:file/asset-9', 'asset-9.txt', undefined],
    ]);
    expect(reasons).toEqual([`notes/${top}/prod-mc-billing.json: unsupported`]);
  });
});

describe('JSON that no format knows', () => {
  test('is named with its first keys, and not stored', async () => {
    const folder = await makeFolder({
      'grok.json': '{"conversations_of": [{"responses": []}], "projects": []}',
      'list.json': '[1, 2, 3]',
      'manifest-9d86139e-2026.json': '{"files": [{"url": "https://example.org/conversations-000.zip"}]}',
      'log.jsonl': '{"a": 1}\n{"a": 2}\n',
      'none.json': ' [ ]\n',
      'more/x.NDJSON': '{"b": 1}\n',
      'map.geojson': '{"type": "FeatureCollection"}',
      'notes.md': '# Notes',
    });
    const { documents, skipped } = await readAll(folder);
    expect(documents.map(({ source }) => source)).toEqual(['file:notes/map.geojson', 'file:notes/notes.md']);
    expect(skipped.map(({ source, reason }) => [source, reason])).toEqual([
      ['notes/grok.json', 'unknown_json'],
      ['notes/list.json', 'unknown_json'],
      ['notes/log.jsonl', 'unknown_json'],
      ['notes/manifest-9d86139e-2026.json', 'unknown_json'],
      ['notes/more/x.NDJSON', 'unknown_json'],
      ['notes/none.json', 'empty'],
    ]);
    expect(skipped[0]?.detail).toBe(
      'no export that is known; it begins with conversations_of, responses, projects',
    );
    expect(skipped[3]?.detail).toMatch(/the parts of an export are: download them/);
  });

  test('is said to be in UTF-16 where it is', async () => {
    const text = Buffer.from(`\ufeff${JSON.stringify({ mapping: {} })}`, 'utf16le');
    const folder = await makeFolder({ 'conversations.json': text });
    const { skipped } = await readAll(folder);
    expect(skipped.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['unknown_json', 'JSON in UTF-16: save it as UTF-8, and import it again'],
    ]);
  });

  test('is code where it belongs to code: below a file of a project, or when it says what it is', async () => {
    const folder = await makeFolder({
      'app/package.json': '{"name": "app"}',
      'app/data/deep/harbours.json': '[{"harbour": "Oban"}]',
      'app/data/rows.jsonl': '{"a": 1}\n',
      'api.json': '{"openapi": "3.1.0", "info": {}}',
      'schema.json': '{"title": "Boat", "$schema": "https://json-schema.org/draft/2020-12/schema"}',
      'loose/data.json': '{"a": 1}',
    });
    const { documents, reasons } = await readAll(folder);
    expect(documents.map(({ source, language }) => [source, language])).toEqual(
      [
        'api.json',
        'app/data/deep/harbours.json',
        'app/data/rows.jsonl',
        'app/package.json',
        'schema.json',
      ].map((path) => [`file:notes/${path}`, 'json']),
    );
    expect(reasons).toEqual(['notes/loose/data.json: unknown_json']);
    const checkout = await makeFolder({
      '.git/HEAD': 'ref: refs/heads/main\n',
      'fixtures/a.json': '{"a": 1}',
    });
    expect((await readAll(checkout)).documents).toHaveLength(1);
  });
});
