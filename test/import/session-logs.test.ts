import { describe, expect, test } from 'vitest';
import { makeFolder, readAll } from './helpers.ts';

const lines = (...values: object[]): string => `${values.map((value) => JSON.stringify(value)).join('\n')}\n`;

describe('a session of Claude Code', () => {
  const S = 'aaaaaaaa-0000-4000-8000-000000000001';
  let second = 0;
  /** A line with the fields that all messages have. */
  const line = (
    type: string,
    uuid: string,
    parentUuid: string | null,
    message: object | null,
    more: object = {},
  ) => ({
    parentUuid,
    isSidechain: false,
    userType: 'external',
    cwd: '/home/ann/tides',
    sessionId: S,
    version: '2.1.12',
    gitBranch: 'feature/moon',
    type,
    ...(message === null ? {} : { message }),
    uuid,
    timestamp: new Date(Date.UTC(2026, 0, 5, 10, 0, ++second)).toISOString(),
    ...more,
  });
  const user = (uuid: string, parent: string | null, content: unknown, more: object = {}) =>
    line('user', uuid, parent, { role: 'user', content }, more);
  const answer = (uuid: string, parent: string | null, id: string, block: object, more: object = {}) =>
    line(
      'assistant',
      uuid,
      parent,
      { id, role: 'assistant', model: 'claude-opus-4-5', content: [block], usage: { output_tokens: 3 } },
      more,
    );
  const result = (id: string, content: unknown, more: object = {}) => [
    { type: 'tool_result', tool_use_id: id, content, ...more },
  ];

  const session = () =>
    lines(
      { type: 'file-history-snapshot', messageId: 'x', snapshot: {} },
      user('u1', null, 'Why does the test of the tide table fail?'),
      answer('a1', 'u1', 'msg_1', {
        type: 'thinking',
        thinking: 'Perhaps the zone of the clock.',
        signature: 'abc',
      }),
      answer('a2', 'a1', 'msg_1', { type: 'text', text: 'I look at the test.' }),
      answer('a3', 'a2', 'msg_1', {
        type: 'tool_use',
        id: 't1',
        name: 'Bash',
        input: { command: 'npm test' },
      }),
      line('progress', 'p1', 'a3', null, { data: { type: 'hook_progress' } }),
      answer('a4', 'a3', 'msg_1', {
        type: 'tool_use',
        id: 't2',
        name: 'Read',
        input: { file_path: 'tide.ts' },
      }),
      user('r1', 'p1', result('t1', 'Exit code 1: expected 05:12', { is_error: true }), {
        toolUseResult: { stdout: 'z'.repeat(5000) },
      }),
      user(
        'r2',
        'a4',
        result('t2', [
          { type: 'text', text: 'const zone = UTC' },
          { type: 'image', source: { type: 'base64', data: 'A'.repeat(400) } },
        ]),
      ),
      answer('a5', 'r2', 'msg_2', { type: 'text', text: 'The clock was in another zone.' }),
      user('m1', 'a5', 'Caveat: the messages below were made by the user', { isMeta: true }),
      user(
        'c1',
        'm1',
        '<command-name>/model</command-name>\n<command-message>model</command-message>\n<command-args>opus</command-args>',
      ),
      user('o1', 'c1', '<local-command-stdout>Set model to opus</local-command-stdout>'),
      user('u2', 'o1', [
        { type: 'text', text: 'Thanks.<system-reminder>Be brief.</system-reminder>' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
      ]),
      line('system', 'b1', null, null, {
        subtype: 'compact_boundary',
        content: 'Conversation compacted',
        logicalParentUuid: 'u2',
      }),
      user('s1', 'b1', 'This session continues an earlier one: the clock was wrong.', {
        isCompactSummary: true,
      }),
      answer('a6', 's1', 'msg_3', { type: 'text', text: 'You are welcome.' }),
      line(
        'assistant',
        'a7',
        'a6',
        {
          id: 'msg_4',
          role: 'assistant',
          model: '<synthetic>',
          content: [{ type: 'text', text: 'API Error: 529' }],
        },
        { isApiErrorMessage: true },
      ),
      { type: 'queue-operation', operation: 'enqueue', sessionId: S },
    );

  test('is a conversation: who said what, calls with their answers, thinking apart, the rest of the program as system', async () => {
    const folder = await makeFolder({ [`-home-ann-tides/${S}.jsonl`]: session() }, 'projects');
    const { conversations, skipped, documents } = await readAll(folder);
    expect([skipped, documents]).toEqual([[], []]);
    expect(conversations).toHaveLength(1);
    const [conversation] = conversations;
    expect(conversation).toMatchObject({
      source: `claude-code:${S}`,
      title: 'Why does the test of the tide table fail?',
      model: 'claude-opus-4-5',
      currentLeaf: 'a7',
      metadata: {
        importer: 'claude-code',
        cwd: '/home/ann/tides',
        git_branch: 'feature/moon',
        version: '2.1.12',
      },
    });
    expect(conversation?.messages.map((m) => [m.externalId, m.parentExternalId, m.role, m.content])).toEqual([
      ['u1', null, 'user', 'Why does the test of the tide table fail?'],
      ['a1', 'u1', 'assistant', 'I look at the test.'],
      ['a5', 'a1', 'assistant', 'The clock was in another zone.'],
      ['m1', 'a5', 'system', 'Caveat: the messages below were made by the user'],
      ['c1', 'm1', 'user', '/model opus'],
      ['o1', 'c1', 'system', 'Set model to opus'],
      ['u2', 'o1', 'user', 'Thanks.\n\n[image]'],
      ['s1', 'u2', 'system', 'This session continues an earlier one: the clock was wrong.'],
      ['a6', 's1', 'assistant', 'You are welcome.'],
      ['a7', 'a6', 'system', 'API Error: 529'],
    ]);
    const [, first, ...rest] = conversation?.messages ?? [];
    expect(first?.metadata.thinking).toBe('Perhaps the zone of the clock.');
    expect(first?.toolCalls).toMatchObject([
      {
        turn: 1,
        position: 1,
        name: 'Bash',
        status: 'failed',
        arguments: { command: 'npm test' },
        error: 'Exit code 1: expected 05:12',
      },
      {
        turn: 1,
        position: 2,
        name: 'Read',
        status: 'succeeded',
        result: { text: 'const zone = UTC\n\n[image]' },
      },
    ]);
    expect(rest.find(({ externalId }) => externalId === 'u2')?.attachments).toMatchObject([
      { name: 'image-1.png', mimeType: 'image/png', size: 3, bytes: 'in_export' },
    ]);
    expect(first?.createdAt.toISOString()).toMatch(/^2026-01-05T10:00:0/);
    expect(JSON.stringify(conversation)).not.toMatch(/AAAA|zzzz|Be brief/);
  });

  test('has the pictures and documents that were sent, each with its message; what is of no kind that is stored is described', async () => {
    const png = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
    const sent = (type: string, media_type: string, bytes: Buffer) => ({
      type,
      source: { type: 'base64', media_type, data: bytes.toString('base64') },
    });
    const log = lines(
      user('u1', null, [
        { type: 'text', text: 'What is this?' },
        sent('image', 'image/png', png),
        sent('document', 'application/pdf', Buffer.from('%PDF-1.7 of a kind')),
        sent('image', 'image/tiff', Buffer.from('II*\0')),
      ]),
      answer('a1', 'u1', 'msg_1', { type: 'text', text: 'A harbour.' }),
    );
    const { items, conversations } = await readAll(await makeFolder({ [`${S}.jsonl`]: log }));
    expect(
      items.map((item) =>
        item.kind === 'upload' ? [item.source, item.name, item.mimeType, item.bytes] : item.kind,
      ),
    ).toEqual([
      'conversation',
      [`claude-code:${S}/u1/1`, 'image-1.png', 'image/png', png],
      [`claude-code:${S}/u1/2`, 'document-2.pdf', 'application/pdf', Buffer.from('%PDF-1.7 of a kind')],
    ]);
    expect(conversations[0]?.messages[0]?.attachments.map(({ name }) => name)).toEqual([
      'image-1.png',
      'document-2.pdf',
      'image-3.tiff',
    ]);
  });

  test('keeps the text of blocks of an unknown kind, counts those without, and says no call or its answer as text', async () => {
    const found = [
      { type: 'web_search_result', title: 'Tides of Oban, all year', url: 'https://example.org/' },
    ];
    const log = lines(
      user('u1', null, [
        { type: 'text', text: 'Look it up.' },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'QUJD' } },
      ]),
      answer('a1', 'u1', 'msg_1', {
        type: 'server_tool_use',
        id: 's1',
        name: 'web_search',
        input: { query: 'high water in Oban' },
      }),
      answer('a2', 'a1', 'msg_1', { type: 'web_search_tool_result', tool_use_id: 's1', content: found }),
      answer('a3', 'a2', 'msg_1', { type: 'card', heading: 'High water at five' }),
      answer('a4', 'a3', 'msg_2', { type: 'gauge', value: 3 }),
    );
    const folder = await makeFolder({ [`-home-ann-tides/${S}.jsonl`]: log }, 'projects');
    const [conversation] = (await readAll(folder)).conversations;
    const texts = conversation!.messages.map(({ content }) => content).join('\n');
    expect(texts).toContain('Look it up.\n\n[document]');
    expect(texts).toContain('High water at five');
    expect(texts).toContain('[gauge]');
    expect(texts).not.toMatch(/high water in Oban|all year/);
    expect(conversation!.messages.flatMap(({ metadata }) => metadata.unread_parts ?? [])).toEqual(['gauge']);
    expect(conversation!.leftOut).toMatchObject({ unread_parts: 1 });
    expect(conversation!.messages.flatMap(({ toolCalls }) => toolCalls)).toMatchObject([
      { name: 'web_search', arguments: { query: 'high water in Oban' }, status: 'succeeded' },
    ]);
  });

  test('goes on in the next import with the same messages, whatever the file is called', async () => {
    const whole = session();
    const part = whole.split('\n').slice(0, 10).join('\n');
    const [before, after] = await Promise.all(
      [part, whole].map(
        async (text) => (await readAll(await makeFolder({ 'log.txt': text }))).conversations[0],
      ),
    );
    expect(before?.source).toBe(after?.source);
    const known = before?.messages.map(({ externalId }) => externalId) ?? [];
    expect(known).toHaveLength(2 + 1);
    expect(after?.messages.slice(0, known.length)).toEqual(before?.messages);
  });

  test('has its title from the person, the model, or a summary that lies in a later file', async () => {
    const named = (id: string, more: object[]) =>
      lines(user(`${id}-1`, null, 'Hello there', { sessionId: id }), ...more);
    const folder = await makeFolder({
      'a.jsonl': named('a', [
        { type: 'ai-title', aiTitle: 'By the model', sessionId: 'a' },
        { type: 'custom-title', customTitle: 'By the person', sessionId: 'a' },
        { type: 'ai-title', aiTitle: 'Later', sessionId: 'a' },
      ]),
      'b.jsonl': named('b', [{ type: 'ai-title', aiTitle: 'By the model', sessionId: 'b' }]),
      'c.jsonl': named('c', []),
      'd.jsonl': lines(
        { type: 'summary', summary: 'Summed up later', leafUuid: 'c-1' },
        { type: 'summary', summary: 'Of nobody', leafUuid: 'zz' },
        user('d-1', null, `${'long words '.repeat(30)}`, { sessionId: 'd' }),
      ),
      'e.jsonl': lines({ type: 'summary', summary: 'Alone', leafUuid: 'yy' }),
    });
    const { conversations, reasons } = await readAll(folder);
    expect(conversations.map(({ source, title }) => [source, title])).toEqual([
      ['claude-code:a', 'By the person'],
      ['claude-code:b', 'By the model'],
      ['claude-code:c', 'Summed up later'],
      ['claude-code:d', expect.stringMatching(/^long words .{80,90}…$/)],
    ]);
    expect(reasons).toEqual(['notes/e.jsonl: empty']);
  });

  test('has its subagents apart, in its own file and in files beside it', async () => {
    const folder = await makeFolder({
      [`${S}.jsonl`]: lines(
        user('u1', null, 'Find the harbour.'),
        answer('a1', 'u1', 'msg_1', {
          type: 'tool_use',
          id: 'task',
          name: 'Task',
          input: { prompt: 'Look for it' },
        }),
        user('x1', null, 'Look for it', { isSidechain: true }),
        answer('x2', 'x1', 'msg_x', { type: 'text', text: 'It is at the quay.' }, { isSidechain: true }),
        user('r1', 'a1', result('task', 'At the quay.')),
        answer('a2', 'r1', 'msg_2', { type: 'text', text: 'At the quay.' }),
      ),
      [`${S}/subagents/agent-ab12.jsonl`]: lines(
        user('y1', null, 'Count the boats', { isSidechain: true, agentId: 'ab12' }),
        answer('y2', 'y1', 'msg_y', { type: 'text', text: 'Nine.' }, { isSidechain: true, agentId: 'ab12' }),
      ),
    });
    const { conversations } = await readAll(folder);
    expect(
      conversations.map(({ source, title, metadata, messages }) => [
        source,
        title,
        metadata.subagent_of,
        messages.length,
      ]),
    ).toEqual([
      [`claude-code:${S}/agent-ab12`, 'Count the boats', `claude-code:${S}`, 2],
      [`claude-code:${S}`, 'Find the harbour.', undefined, 3],
      [`claude-code:${S}/x1`, 'Look for it', `claude-code:${S}`, 2],
    ]);
    expect(conversations[1]?.messages[1]).toMatchObject({
      content: '[tool: Task]',
      toolCalls: [{ status: 'succeeded', result: { text: 'At the quay.' } }],
    });
  });

  test('keeps branches, survives parents that are not there, doubled lines and lines that are broken', async () => {
    const text = [
      JSON.stringify(user('u1', 'gone', 'one')),
      '{"type": "user", "uuid": ',
      JSON.stringify(answer('a1', 'u1', 'msg_1', { type: 'text', text: 'two' })),
      JSON.stringify(answer('a1', 'u1', 'msg_1', { type: 'text', text: 'two' })),
      '[]',
      `${'['.repeat(100_000)}`,
      JSON.stringify(user('u2', 'lost', 'after a gap')),
      JSON.stringify(user('u3', 'a1', 'another \ud800 branch\u0000')),
      JSON.stringify(user('u4', 'u4', 'its own parent')),
      `{"type":"user","uuid":"cut`,
    ].join('\n');
    const { conversations, reasons, skipped } = await readAll(await makeFolder({ 'x.jsonl': text }));
    expect(conversations[0]?.messages.map((m) => [m.externalId, m.parentExternalId, m.content])).toEqual([
      ['u1', null, 'one'],
      ['a1', 'u1', 'two'],
      ['u2', 'a1', 'after a gap'],
      ['u3', 'a1', 'another � branch'],
      ['u4', null, 'its own parent'],
    ]);
    expect(conversations[0]?.metadata.cleaned).toBe(2);
    expect(reasons).toEqual([2, 5, 6, 10].map((n) => `notes/x.jsonl line ${n}: broken_json`));
    expect(skipped.at(-1)?.detail).toMatch(/ends in the middle/);
    const large = await readAll(await makeFolder({ 'x.jsonl': session() }), { maxConversationBytes: 2000 });
    expect(large.reasons).toEqual(['notes/x.jsonl: too_large']);
  });

  test('is the same when only some of its fields are there', async () => {
    const text = lines(
      {
        type: 'user',
        uuid: 'u0',
        parentUuid: null,
        sessionId: 's1',
        timestamp: '2026-01-01T00:00:00Z',
        message: { role: 'user', content: 'about pangolins' },
      },
      {
        type: 'assistant',
        uuid: 'u1',
        parentUuid: 'u0',
        sessionId: 's1',
        message: { role: 'assistant', content: 'they roll up' },
      },
      {
        type: 'assistant',
        uuid: 'u2',
        parentUuid: 'u1',
        sessionId: 's1',
        message: { role: 'assistant', content: 'and sleep' },
      },
    );
    const { conversations } = await readAll(await makeFolder({ 'session.jsonl': text }));
    expect(conversations[0]?.source).toBe('claude-code:s1');
    expect(conversations[0]?.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'about pangolins'],
      ['assistant', 'they roll up'],
      ['assistant', 'and sleep'],
    ]);
  });
});

describe('a session of Codex', () => {
  let second = 0;
  const at = () => new Date(Date.UTC(2026, 1, 5, 10, 0, ++second)).toISOString();
  const entry = (type: string, payload: object) => ({ timestamp: at(), type, payload });
  const item = (payload: object) => entry('response_item', payload);
  const said = (role: string, text: string) =>
    item({
      type: 'message',
      role,
      content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
    });
  const meta = (more: object = {}) =>
    entry('session_meta', {
      id: '019bce9f-0a40-79e2-8351-8818e8487fb6',
      timestamp: '2026-02-05T10:00:00.000Z',
      cwd: '/home/ann/tides',
      originator: 'codex_cli_rs',
      cli_version: '0.98.0',
      source: 'cli',
      model_provider: 'openai',
      git: { commit_hash: 'abc123', branch: 'main', repository_url: 'https://github.com/acme/tides' },
      ...more,
    });

  test('is a conversation: who said what, calls with their answers, reasoning apart', async () => {
    const text = lines(
      meta(),
      said('developer', '<permissions instructions>ask first</permissions instructions>'),
      said('user', '# AGENTS.md instructions for /home/ann/tides\n\n<INSTRUCTIONS>Be kind.</INSTRUCTIONS>'),
      said('user', '<environment_context>\n  <cwd>/home/ann/tides</cwd>\n</environment_context>'),
      entry('event_msg', { type: 'user_message', message: 'Mend the <b>clock</b>' }),
      said('user', 'Mend the <b>clock</b>'),
      entry('turn_context', { cwd: '/home/ann/tides', model: 'gpt-5.2-codex', effort: 'high' }),
      item({
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: '**Looking at the clock**' }],
        content: null,
        encrypted_content: 'gAAA',
      }),
      entry('event_msg', { type: 'agent_reasoning', text: '**Looking at the clock**' }),
      item({ type: 'function_call', name: 'shell', arguments: '{"command":["ls"]}', call_id: 'c1' }),
      item({
        type: 'function_call_output',
        call_id: 'c1',
        output: '{"output":"clock.ts\\n","metadata":{"exit_code":0}}',
      }),
      said('assistant', 'I found it.'),
      item({
        type: 'custom_tool_call',
        name: 'apply_patch',
        input: '*** Begin Patch',
        call_id: 'c2',
        status: 'completed',
      }),
      item({ type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'time zones' } }),
      item({ type: 'custom_tool_call_output', call_id: 'c2', output: 'Exit code: 1\nno such file' }),
      item({ type: 'function_call', name: 'exec_command', arguments: 'not json', call_id: 'c3' }),
      item({
        type: 'function_call_output',
        call_id: 'c3',
        output: { content: [{ type: 'input_text', text: 'done' }], success: true },
      }),
      item({
        type: 'local_shell_call',
        call_id: 'c4',
        status: 'completed',
        action: { type: 'exec', command: ['true'] },
      }),
      said('assistant', 'It runs again.'),
      entry('event_msg', { type: 'agent_message', message: 'It runs again.' }),
      entry('event_msg', { type: 'token_count', info: {} }),
      entry('compacted', { message: 'The clock was mended.' }),
      entry('event_msg', { type: 'thread_name_updated', thread_name: 'Mending the clock' }),
    );
    const folder = await makeFolder(
      { '2026/02/05/rollout-2026-02-05T10-00-00-019bce9f.jsonl': text },
      'sessions',
    );
    const { conversations, skipped } = await readAll(folder);
    expect(skipped).toEqual([]);
    expect(conversations).toHaveLength(1);
    const [conversation] = conversations;
    expect(conversation).toMatchObject({
      source: 'codex:019bce9f-0a40-79e2-8351-8818e8487fb6',
      title: 'Mending the clock',
      model: 'gpt-5.2-codex',
      metadata: {
        importer: 'codex',
        cwd: '/home/ann/tides',
        git_branch: 'main',
        git_commit: 'abc123',
        version: '0.98.0',
        originator: 'codex_cli_rs',
      },
    });
    expect(conversation?.messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', '<permissions instructions>ask first</permissions instructions>'],
      ['system', '# AGENTS.md instructions for /home/ann/tides\n\n<INSTRUCTIONS>Be kind.</INSTRUCTIONS>'],
      ['system', '<environment_context>\n  <cwd>/home/ann/tides</cwd>\n</environment_context>'],
      ['user', 'Mend the <b>clock</b>'],
      ['assistant', '[tool: shell]'],
      ['assistant', 'I found it.'],
      ['assistant', 'It runs again.'],
      ['system', 'The clock was mended.'],
    ]);
    const [, , , , listing, found] = conversation?.messages ?? [];
    expect(listing).toMatchObject({
      metadata: { thinking: '**Looking at the clock**' },
      toolCalls: [
        {
          name: 'shell',
          arguments: { command: ['ls'] },
          status: 'succeeded',
          result: { text: 'clock.ts\n' },
        },
      ],
    });
    expect(found?.toolCalls).toMatchObject([
      {
        turn: 1,
        position: 1,
        name: 'apply_patch',
        arguments: { input: '*** Begin Patch' },
        status: 'failed',
        error: 'Exit code: 1\nno such file',
      },
      { turn: 1, position: 2, name: 'web_search', arguments: { query: 'time zones' }, status: 'succeeded' },
      {
        turn: 2,
        position: 1,
        name: 'exec_command',
        arguments: { input: 'not json' },
        status: 'succeeded',
        result: { text: 'done' },
      },
      {
        turn: 3,
        position: 1,
        name: 'local_shell',
        status: 'failed',
        error: 'The export has no answer to it.',
      },
    ]);
  });

  test('of the first forms, of a subagent, of events alone', async () => {
    const old = {
      id: 'old-1',
      timestamp: '2025-06-01T10:00:00Z',
      instructions: null,
      git: { branch: 'dev' },
    };
    const message = (role: string, text: string) => ({
      type: 'message',
      role,
      content: [{ type: 'input_text', text }],
    });
    const folder = await makeFolder({
      'rollout-a.jsonl': lines(
        old,
        { record_type: 'state' },
        message('user', 'Old question'),
        message('assistant', 'Old answer'),
      ),
      'rollout-b.json': JSON.stringify({
        session: { ...old, id: 'old-2' },
        items: [message('user', 'Older question'), message('assistant', 'Older answer')],
      }),
      'rollout-c.jsonl': lines(
        meta({ id: 'sub', source: { subagent: { thread_spawn: { parent_thread_id: 'top', depth: 1 } } } }),
        meta({ id: 'top' }),
        said('user', 'Do a part'),
      ),
      'rollout-d.jsonl': lines(
        meta({ id: 'events', forked_from_id: 'top' }),
        entry('event_msg', { type: 'user_message', message: 'Only told' }),
        entry('event_msg', { type: 'agent_message', message: 'As an event' }),
      ),
      'rollout-e.jsonl': lines(meta({ id: 'none' })),
    });
    const { conversations, reasons } = await readAll(folder);
    expect(
      conversations.map(({ source, title, messages, metadata }) => [
        source,
        title,
        messages.length,
        metadata.subagent_of ?? metadata.forked_from,
      ]),
    ).toEqual([
      ['codex:old-1', 'Old question', 2, undefined],
      ['codex:old-2', 'Older question', 2, undefined],
      ['codex:sub', 'Do a part', 1, 'codex:top'],
      ['codex:events', 'Only told', 2, 'codex:top'],
    ]);
    expect(conversations[0]?.messages[0]?.createdAt.toISOString()).toBe('2025-06-01T10:00:00.000Z');
    expect(reasons).toEqual(['codex:none (Untitled): empty']);
    const broken = await readAll(
      await makeFolder({ 'rollout-b.json': '{"session": {"id": "x"}, "items": [{"type"' }),
    );
    expect(broken.reasons).toEqual(['notes/rollout-b.json: broken_json']);
  });
});
