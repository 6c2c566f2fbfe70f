import { expect, test } from 'vitest';
import { called, claudeMessage, words } from './chat-exports.ts';
import { makeFolder, readAll } from './helpers.ts';

const export_ = (messages: unknown[], extra: object = {}) => [
  { uuid: 'c', name: 'Talk', created_at: '2026-02-01T09:59:00Z', chat_messages: messages, ...extra },
];
async function read(messages: unknown[], extra: object = {}) {
  const { conversations } = await readAll(
    await makeFolder({ 'conversations.json': JSON.stringify(export_(messages, extra)) }, 'export'),
  );
  return conversations[0]!;
}
const documents = (item: Awaited<ReturnType<typeof read>>) =>
  item.messages.flatMap((m) =>
    m.attachments.map((a) => [m.externalId, a.externalId, a.name, a.contentType, a.language, a.text]),
  );
const artifact = (input: object, options = {}) => called('artifacts', input, options);

test('an artifact has its last text: created, changed, and written anew', async () => {
  const item = await read([
    claudeMessage('q', 'human', [words('Write')]),
    claudeMessage('a1', 'assistant', [
      ...artifact(
        {
          command: 'create',
          id: 'poem',
          type: 'text/markdown',
          title: 'Poem',
          content: 'Grey $1 sea, grey sea.',
          md_citations: [{ title: 'Seas', url: 'https://seas.example/' }],
        },
        { id: '1' },
      ),
      ...artifact(
        {
          command: 'create',
          id: 'app',
          type: 'application/vnd.ant.code',
          language: 'go',
          title: 'main.go',
          content: 'package main',
        },
        { id: '2' },
      ),
    ]),
    claudeMessage(
      'a2',
      'assistant',
      [
        words('Changed.'),
        ...artifact({ command: 'update', id: 'poem', old_str: 'sea,', new_str: 'ocean ($&),' }, { id: '3' }),
        // what failed, and what does not fit, changes nothing
        ...artifact(
          { command: 'update', id: 'poem', old_str: 'Grey', new_str: 'Red' },
          { id: '4', failed: true },
        ),
        ...artifact({ command: 'update', id: 'poem', old_str: 'absent', new_str: 'Red' }, { id: '5' }),
        ...artifact(
          { command: 'rewrite', id: 'app', content: 'package tides', version_uuid: 'v9' },
          { id: '6' },
        ),
      ],
      1,
    ),
  ]);
  expect(documents(item)).toEqual([
    ['a1', 'artifact/poem', 'Poem', 'markdown', null, 'Grey $1 ocean ($&), grey sea.'],
    ['a1', 'artifact/app', 'main.go', 'code', 'go', 'package tides'],
  ]);
  expect(item.messages[1]).toMatchObject({
    content: '[artifact: Poem]\n[artifact: main.go]',
    metadata: { citations: [{ title: 'Seas', url: 'https://seas.example/' }] },
    attachments: [{ metadata: { kind: 'artifact', versions: 2, changes_left_out: 1 } }, {}],
  });
  expect(item.messages[2]?.content).toBe('Changed.');
  expect((item.messages[2]!.metadata.written as { version: number }[]).map((each) => each.version)).toEqual([
    2, 2,
  ]);
});

test('files that were written have their last text, whichever tool wrote them', async () => {
  const item = await read([
    claudeMessage('a', 'assistant', [
      ...called(
        'create_file',
        { path: '/mnt/user-data/outputs/log.md', file_text: '# Log\n\nDay one.\n' },
        { id: '1' },
      ),
      ...called(
        'str_replace',
        { path: '/mnt/user-data/outputs/log.md', old_str: 'Day one.', new_str: 'Day one: fog.' },
        { id: '2' },
      ),
      ...called(
        'str_replace_based_edit_tool',
        { command: 'create', path: 'b.py', file_text: 'a = 1\n' },
        { id: '3' },
      ),
      ...called(
        'str_replace_based_edit_tool',
        { command: 'insert', path: 'b.py', insert_line: 1, insert_text: 'b = 2\n' },
        { id: '4' },
      ),
      ...called('str_replace_based_edit_tool', { command: 'view', path: 'b.py' }, { id: '5' }),
      ...called('Filesystem:write_file', { path: 'c.txt', content: 'x x' }, { id: '6' }),
      ...called(
        'mcp__fs__edit_file',
        {
          path: 'c.txt',
          edits: [
            { oldText: 'x', newText: 'y' },
            { oldText: 'x', newText: 'z' },
          ],
        },
        { id: '7' },
      ),
      ...called(
        'bash_tool',
        {
          command:
            "mkdir -p d\ncat > d/e.sql <<'EOF'\nselect 1;\nEOF\ncat >> d/e.sql << END\nselect 2;\nEND\nls",
        },
        { id: '8' },
      ),
      // a change of what nobody wrote here, and one that was refused
      ...called('str_replace', { path: 'unknown.md', old_str: 'a', new_str: 'b' }, { id: '9' }),
      ...called('create_file', { path: 'refused.md', file_text: 'no' }, { id: '10', failed: true }),
      ...called('visualize:show_widget', { title: 'tide clock', widget_code: '<svg></svg>' }, { id: '11' }),
    ]),
  ]);
  expect(documents(item)).toEqual([
    ['a', 'file/mnt/user-data/outputs/log.md', 'log.md', 'markdown', null, '# Log\n\nDay one: fog.\n'],
    ['a', 'file/b.py', 'b.py', 'code', 'python', 'a = 1\nb = 2\n'],
    ['a', 'file/c.txt', 'c.txt', 'text', null, 'y z'],
    ['a', 'file/d/e.sql', 'e.sql', 'code', 'sql', 'select 1;\nselect 2;'],
    ['a', 'artifact/widget tide clock', 'tide clock', 'code', 'xml', '<svg></svg>'],
  ]);
  expect(item.messages[0]?.content).toMatch(/^\[file: log\.md\]\n\[file: b\.py\]/);
});

test('tags of older conversations are artifacts and thoughts', async () => {
  const item = await read([
    claudeMessage('a', 'assistant', [
      words(
        '<antThinking>A list will do.</antThinking>\nHere:\n<antArtifact identifier="knots" type="text/markdown" title="Knots">\n# Knots\n\nBowline.\n</antArtifact>\nEnough?',
      ),
      { type: 'thinking', thinking: '', summaries: [{ summary: 'Recalled knots' }] },
    ]),
  ]);
  expect(item.messages[0]).toMatchObject({
    content: 'Here:\n[artifact: Knots]\nEnough?',
    metadata: { thinking: 'Recalled knots\n\nA list will do.' },
  });
  expect(documents(item)).toEqual([
    ['a', 'artifact/knots', 'Knots', 'markdown', null, '# Knots\n\nBowline.'],
  ]);
});

test('sources are what is cited, with the titles that the search had', async () => {
  const search = (id: string, results: unknown[]) => [
    { type: 'tool_use', id, name: 'web_search', input: { query: 'x' } },
    { type: 'tool_result', tool_use_id: id, name: 'web_search', content: results },
  ];
  const results = [
    { type: 'knowledge', title: 'Basalt', url: 'https://basalt.example/' },
    { type: 'knowledge', title: 'Granite', url: 'https://granite.example/' },
  ];
  const item = await read([
    claudeMessage('a', 'assistant', [
      ...search('1', results),
      words('Six sides.', [
        {
          uuid: 'x',
          start_index: 0,
          end_index: 3,
          details: { type: 'web_search_citation', url: 'https://basalt.example/' },
        },
      ]),
    ]),
    claudeMessage('b', 'assistant', [...search('2', results), words('No idea.')], 1),
  ]);
  expect(item.messages.map((m) => [m.metadata.citations, m.metadata.search_results])).toEqual([
    [
      [{ title: 'Basalt', url: 'https://basalt.example/' }],
      [{ title: 'Granite', url: 'https://granite.example/' }],
    ],
    [results.map(({ title, url }) => ({ title, url })), undefined],
  ]);
});

test('a missing parent costs its link and nothing else', async () => {
  const line = (i: number, parent: string) => ({
    ...claudeMessage(`m${i}`, i % 2 ? 'assistant' : 'human', [words(`Line ${i}`)], i),
    parent_message_uuid: parent,
  });
  const item = await read([line(0, 'gone'), line(1, 'm0'), line(2, 'lost'), line(3, 'm2'), line(4, 'lost')]);
  expect(item.messages.map((m) => m.parentExternalId)).toEqual([null, 'm0', 'm1', 'm2', 'm3']);
  expect(item.metadata.missing_parents).toBe(2);
});

test('memories are memory, by heading, and projects tell what they are about', async () => {
  const long = Array.from(
    { length: 60 },
    (_, i) => `Sentence ${i} about the harbour of Bergen and its boats.`,
  ).join(' ');
  const memories = [
    {
      conversations_memory: `**Work context**\n\nKari builds wooden boats.\n\n**Interests**\n\n- Knots\n- Fog\n\n# Long\n\n${long}`,
      project_memories: { p1: 'The keel is of oak.', p9: 'Elsewhere.' },
      account_uuid: 'acc',
    },
  ];
  const project = {
    uuid: 'p1',
    name: 'Færing',
    description: 'A boat with four oars',
    prompt_template: 'Be brief.',
    is_starter_project: false,
    docs: [],
  };
  const folder = await makeFolder(
    {
      'conversations.json': JSON.stringify(export_([claudeMessage('q', 'human', [words('Hello')])])),
      'memories.json': JSON.stringify(memories),
      'memories/other.json': JSON.stringify({
        memory_files: [{ path: '/notes/tide.md', content: 'High at noon.' }],
        account_uuid: 'other',
        conversations_memory: '',
      }),
      'projects/p1.json': JSON.stringify(project),
    },
    'export',
  );
  const { items, documents, reasons } = await readAll(folder);
  const remembered = items.filter((item) => item.kind === 'memory');
  expect(remembered.map(({ subject, content }) => [subject, content.slice(0, 30)])).toEqual([
    ['Claude: tide.md', 'High at noon.'],
    ['Claude: Work context', 'Kari builds wooden boats.'],
    ['Claude: Interests', '- Knots\n- Fog'],
    ['Claude: Long', 'Sentence 0 about the harbour o'],
    ['Claude: Long (2)', expect.stringMatching(/^Sentence \d\d about/)],
    ['Claude project Færing', 'The keel is of oak.'],
    ['Claude project p9', 'Elsewhere.'],
  ]);
  expect(
    remembered
      .filter(({ subject }) => /Long/.test(subject))
      .map(({ content }) => content)
      .join(' '),
  ).toBe(long);
  expect(new Set(remembered.map(({ source }) => source)).size).toBe(remembered.length);
  expect(documents.map(({ source, title, content }) => [source, title, content])).toEqual([
    ['claude:project/p1/description', 'Færing: description', 'A boat with four oars'],
    ['claude:project/p1/instructions', 'Færing: instructions', 'Be brief.'],
  ]);
  expect(reasons).toEqual([]);
});
