import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorker, type Worker } from '../../jobs/worker.ts';
import { type Database, serverDatabase } from '../../lib/database.ts';
import { log } from '../../lib/log.ts';
import { filesFolder, localStorage } from '../../lib/storage.ts';
import { images, pdf } from '../support/files.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';
import { asUser, registerUser, type TestUser, until } from '../support/users.ts';
import { hashProvider } from '../support/versions.ts';
import {
  called,
  chatgptConversation,
  claudeMessage,
  type Said,
  said,
  thoughtOf,
  toolSaid,
  words,
} from './chat-exports.ts';
import { importPaths } from './database.ts';
import { makeFolder } from './helpers.ts';

log.level = 'silent';

const CITE = '\ue200cite\ue202turn0search0\ue201';
const canvas = (id: string, action: string, payload: object): Said => ({
  ...said(id, 'assistant', ''),
  content: { content_type: 'code', language: 'json', text: JSON.stringify(payload) },
  recipient: `canmore.${action}_textdoc`,
});
const done = (id: string) =>
  toolSaid(id, 'canmore', 'Done.', { canvas: { textdoc_id: 'plan', title: 'Walking plan' } });

const sources = {
  content_references: [
    { matched_text: CITE, items: [{ title: 'Marmot atlas', url: 'https://marmot.example/' }] },
  ],
};
const thinking = [
  said('q', 'user', 'Do marmots hibernate?'),
  thoughtOf('th', [{ content: 'I wrongly believe that marmots migrate southwards.' }]),
  said('a', 'assistant', `Marmots hibernate for half of the year ${CITE}.`, sources),
];
const research = [
  said('rq', 'user', 'Look into peat.'),
  { ...said('rc', 'assistant', '{"path":"/start"}'), recipient: 'api_tool.call_tool' },
  toolSaid('rt', 'api_tool.call_tool', '', {
    chatgpt_sdk: {
      widget_state: JSON.stringify({
        report_message: {
          id: 'r',
          content: { parts: ['# Peat\n\nSphagnum mosses acidify the blanket bog.'] },
        },
      }),
    },
  }),
];
const plan = [
  said('pq', 'user', 'Write a plan.'),
  canvas('p1', 'create', {
    name: 'Walking plan',
    type: 'document',
    content: '# Plan\n\nFirst the ridge with ptarmigans.\n\nThen rest.',
  }),
  done('p1d'),
  canvas('p2', 'update', {
    updates: [{ pattern: 'Then rest\\.', multiple: false, replacement: 'Then the cirque with dotterels.' }],
  }),
  done('p2d'),
];
const files = [
  said('fq', 'user', 'Read these.', {
    attachments: [
      { id: 'file-Pdf1', name: 'survey.pdf' },
      { id: 'file-Img1', name: 'photo.png' },
    ],
  }),
  said('fa', 'assistant', 'Done.'),
];
const claude = (messages: unknown[]) => [
  { uuid: 'cl', name: 'Letters', created_at: '2026-02-01T09:59:00Z', chat_messages: messages },
];
const letter = (text: string, id: string) =>
  called(
    'artifacts',
    {
      id: 'letter',
      command: id === '1' ? 'create' : 'rewrite',
      type: 'text/markdown',
      title: 'Letter',
      content: text,
    },
    { id },
  );

describeReal('what chats brought is found afterwards', () => {
  let database: Database;
  let worker: Worker;
  let data: string;
  let ann: TestUser;

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'colloquy-data-'));
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
    worker = await startWorker({
      pool: database.pool('worker'),
      pollingIntervalSeconds: 0.5,
      storage: localStorage(filesFolder(data)),
      openProvider: (version) => hashProvider(version),
    });
  });
  afterAll(async () => {
    await worker?.stop();
    await database?.close();
    await rm(data, { recursive: true, force: true });
  });

  const rows = async (sql: string, ...values: unknown[]) =>
    (await asUser(database, ann, (client) => client.query(sql, values))).rows;
  const load = async (folder: string) => {
    const { outcomes } = await importPaths(database, ann.token, folder, {
      storage: localStorage(filesFolder(data)),
    });
    await until(async () => (await rows('select * from app_public.indexing_progress()'))[0].is_complete);
    return outcomes;
  };
  /** What kind of thing is found first, with its title and text. */
  const first = async (query: string) =>
    (
      await rows(
        `select r.source_type as kind, r.title, r.content from app_public.search(query => $1, mode => 'text') as s, unnest(s.results) as r limit 1`,
        query,
      )
    )[0] ?? null;

  it('reports, documents of the canvas, artifacts, files and memories come first when they are asked for', async () => {
    const folder = await makeFolder(
      {
        'chatgpt/conversations.json': JSON.stringify([
          chatgptConversation('marmots', thinking),
          chatgptConversation('peat', research),
          chatgptConversation('plan', plan),
          chatgptConversation('files', files),
          // the same file once more
          chatgptConversation(
            'again',
            files.map((each) => ({ ...each, id: `${each.id}2` })),
          ),
        ]),
        'chatgpt/conversation_asset_file_names.json': JSON.stringify({ 'file-Pdf1.dat': 'survey.pdf' }),
        'chatgpt/file-Pdf1.dat': pdf([['The kestrel nested on the crane.']]),
        'chatgpt/file-Img1.dat': images['image/png']!(4, 3),
        'claude/conversations.json': JSON.stringify(
          claude([
            claudeMessage('m1', 'assistant', [words('Here.'), ...letter('Dear bryologist.', '1')]),
            claudeMessage(
              'm2',
              'assistant',
              called('create_file', { path: '/out/rota.md', file_text: '# Rota\n\nWatch the curlews.' }),
              1,
            ),
          ]),
        ),
        'claude/memories.json': JSON.stringify([
          { conversations_memory: '**Work**\n\nAnn tunes harpsichords in Leuven.', account_uuid: 'acc' },
        ]),
        'claude/projects.json': JSON.stringify([
          {
            uuid: 'p',
            name: 'Organs',
            description: 'All about tracker action',
            is_starter_project: false,
            docs: [],
          },
        ]),
      },
      'exports',
    );
    await load(folder);
    expect(await first('sphagnum blanket bog')).toMatchObject({
      kind: 'message',
      content: expect.stringContaining('acidify'),
    });
    expect(await first('dotterels')).toMatchObject({
      kind: 'document',
      title: 'Walking plan',
      content: expect.stringContaining('ptarmigans'),
    });
    expect(await first('walking plan')).toMatchObject({ kind: 'document', title: 'Walking plan' });
    expect(await first('bryologist')).toMatchObject({ kind: 'document', title: 'Letter' });
    expect(await first('curlews')).toMatchObject({ kind: 'document', title: 'rota.md' });
    expect(await first('harpsichords Leuven')).toMatchObject({ kind: 'memory', title: 'Claude: Work' });
    expect(await first('tracker action')).toMatchObject({ kind: 'document', title: 'Organs: description' });
    expect(await first('kestrel crane')).toMatchObject({
      kind: 'document',
      content: 'The kestrel nested on the crane.',
    });
    expect(await first('marmots half of the year')).toMatchObject({
      content: 'Marmots hibernate for half of the year ([Marmot atlas](https://marmot.example/)).',
    });
    expect(await first('migrate southwards')).toBeNull();
    expect(await first('api_tool')).toBeNull();
    // what was written and what was sent belong to their conversations
    expect(
      await rows(
        `select c.external_id as conversation, f.original_name as name, f.is_stored, f.mime_type, f.metadata -> 'image' as image, d.source_url
         from app_public.files f join app_public.conversations c on c.id = f.conversation_id left join app_public.documents d on d.file_id = f.id
         where not f.metadata ? 'stored_as' order by 1, 2`,
      ),
    ).toMatchObject([
      {
        conversation: 'chatgpt:files',
        name: 'photo.png',
        is_stored: true,
        mime_type: 'image/png',
        image: { width: 4, height: 3 },
        source_url: null,
      },
      {
        conversation: 'chatgpt:files',
        name: 'survey.pdf',
        is_stored: true,
        mime_type: 'application/pdf',
        source_url: 'chatgpt:files/file-Pdf1',
      },
      {
        conversation: 'chatgpt:plan',
        name: 'Walking plan',
        is_stored: false,
        source_url: 'chatgpt:plan/canvas/plan',
      },
      { conversation: 'claude:cl', name: 'Letter', source_url: 'claude:cl/artifact/letter' },
      { conversation: 'claude:cl', name: 'rota.md', source_url: 'claude:cl/file/out/rota.md' },
    ]);
    expect((await load(folder)).filter((line) => !line.endsWith(': unchanged'))).toEqual([]);

    // next month the artifact has another version, and what was forgotten stays forgotten
    await rows(`select app_public.forget(id) from app_public.memory_items where subject = 'Claude: Work'`);
    await writeFile(
      join(folder, 'claude/conversations.json'),
      JSON.stringify(
        claude([
          claudeMessage('m1', 'assistant', [words('Here.'), ...letter('Dear bryologist.', '1')]),
          claudeMessage('m3', 'assistant', [words('Better.'), ...letter('Dear lichenologist.', '2')], 5),
        ]),
      ),
    );
    const outcomes = await load(folder);
    expect(outcomes.filter((line) => !line.endsWith(': unchanged'))).toEqual(['claude:cl: updated']);
    expect(await first('lichenologist')).toMatchObject({ kind: 'document', title: 'Letter' });
    expect(await first('bryologist')).toBeNull();
    expect(await first('harpsichords')).toBeNull();
  });

  it('stores the pictures that are in a log of Claude Code', async () => {
    const picture = images['image/jpeg']!(5, 2);
    const line = (type: string, uuid: string, parentUuid: string | null, content: unknown) =>
      JSON.stringify({
        type,
        uuid,
        parentUuid,
        sessionId: 's',
        timestamp: '2026-01-01T00:00:00Z',
        message: { role: type, content },
      });
    const folder = await makeFolder(
      {
        's.jsonl': [
          line('user', 'u', null, [
            { type: 'text', text: 'Which bird is this?' },
            {
              type: 'image',
              source: { type: 'base64', media_type: 'image/jpeg', data: picture.toString('base64') },
            },
          ]),
          line('assistant', 'a', 'u', [{ type: 'text', text: 'A bittern.' }]),
        ].join('\n'),
      },
      'sessions',
    );
    expect(await load(folder)).toEqual(['claude-code:s: imported', 'claude-code:s/u/1: imported']);
    expect(
      await rows(
        `select f.original_name as name, f.is_stored, f.mime_type, f.byte_size::integer as size, f.metadata -> 'image' as image
         from app_public.files f where f.external_id = 'claude-code:s/u/1'`,
      ),
    ).toEqual([
      {
        name: 'image-1.jpeg',
        is_stored: true,
        mime_type: 'image/jpeg',
        size: picture.length,
        image: { width: 5, height: 2 },
      },
    ]);
    expect(await load(folder)).toEqual(['claude-code:s: unchanged', 'claude-code:s/u/1: unchanged']);
  });

  it('brings what an older version imported up to date, once', async () => {
    const at = (second: number) => new Date((1_750_000_000 + second) * 1000).toISOString();
    const message = (
      externalId: string,
      parentExternalId: string | null,
      role: string,
      content: string,
      second: number,
    ) => ({
      externalId,
      parentExternalId,
      role,
      content,
      createdAt: at(second),
      metadata: {},
    });
    const old = {
      source: 'chatgpt:older',
      title: 'Talk older',
      createdAt: at(-1),
      metadata: { importer: 'chatgpt' },
      messages: [
        message('q', null, 'user', 'Do voles hibernate?', 0),
        message('th', 'q', 'assistant', 'Perhaps voles estivate.', 1),
        message('a', 'th', 'assistant', `Voles stay awake ${CITE}.`, 2),
      ],
    };
    await rows('select app_public.import_conversation($1::jsonb)', JSON.stringify(old));
    await until(async () => (await rows('select * from app_public.indexing_progress()'))[0].is_complete);
    expect(await first('estivate')).not.toBeNull();
    const posted = await rows(
      `select (app_public.post_message(conversation_id => c.id, content => 'And shrews?')).id from app_public.conversations c where c.external_id = 'chatgpt:older'`,
    );
    const messages = [
      said('q', 'user', 'Do voles hibernate?'),
      thoughtOf('th', [{ content: 'Perhaps voles estivate.' }]),
      said('a', 'assistant', `Voles stay awake ${CITE}.`, sources),
      ...research.slice(1),
    ];
    const folder = await makeFolder(
      { 'conversations.json': JSON.stringify([chatgptConversation('older', messages)]) },
      'older',
    );
    expect(await load(folder)).toEqual(['chatgpt:older: updated']);
    const stored = () =>
      rows(
        `select m.idempotency_key as key, m.role::text, m.content, m.xmin::text as version from app_public.messages m
         join app_public.conversations c on c.id = m.conversation_id where c.external_id = 'chatgpt:older' order by m.sequence_number`,
      );
    const after = await stored();
    expect(after.map(({ key, role, content }) => [key, role, content])).toEqual([
      ['import:q', 'user', 'Do voles hibernate?'],
      ['import:th', 'tool', 'Perhaps voles estivate.'],
      ['import:a', 'assistant', 'Voles stay awake ([Marmot atlas](https://marmot.example/)).'],
      [null, 'user', 'And shrews?'],
      ['import:rc', 'assistant', '[tool: api_tool.call_tool]'],
      ['import:rt', 'assistant', expect.stringContaining('acidify')],
    ]);
    expect(posted).toHaveLength(1);
    expect(await first('estivate')).toBeNull();
    expect(await first('stay awake')).toMatchObject({ content: after[2].content });
    // and then it is the conversation's: nothing is written again
    expect(await load(folder)).toEqual(['chatgpt:older: unchanged']);
    expect(await stored()).toEqual(after);
  });

  it('leaves what a legal hold keeps as it is', async () => {
    const owner = database.pool('owner');
    const { rows: held } = await owner.query(
      `insert into app_public.legal_holds (workspace_id, scope, reason, placed_by) values ($1, 'workspace', 'a case', $2) returning id`,
      [ann.workspaceId, ann.id],
    );
    expect(held).toHaveLength(1);
    const folder = await makeFolder(
      {
        'conversations.json': JSON.stringify(
          claude([claudeMessage('m1', 'assistant', letter('Dear nobody.', '2'))]),
        ),
      },
      'held',
    );
    await load(folder);
    expect(await first('lichenologist')).toMatchObject({ title: 'Letter' });
    await owner.query(
      'update app_public.legal_holds set released_at = now(), released_by = $2 where id = $1',
      [held[0].id, ann.id],
    );
  });
});
