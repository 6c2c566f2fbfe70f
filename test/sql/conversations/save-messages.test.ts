import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorCode } from '../../../lib/errors.ts';
import { describeReal } from '../../support/server.ts';
import { indexAll } from '../../support/tenants.ts';
import { ann, as, call, conversation, database, endScene, owner, post, setScene, start } from './dialogue.ts';

interface Said {
  client_id: string;
  role: string;
  content?: string;
  parts?: object[];
  metadata?: object;
  prompt_tokens?: number;
}

describeReal('a list of messages that a client keeps whole', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const text = (client_id: string, role: string, content: string, more: Partial<Said> = {}): Said => ({
    client_id,
    role,
    parts: [{ type: 'text', text: content }],
    ...more,
  });
  const save = (id: string, list: Said[]) =>
    call(
      `select m.*, app_public.messages_client_id(row(m.*)::app_public.messages) as client from app_public.save_messages($1, array(
         select r from jsonb_populate_recordset(null::app_public.message_to_save, $2) as r)) as m`,
      id,
      JSON.stringify(list),
    );
  const fails = (work: Promise<unknown>): Promise<string | undefined> =>
    work.then(
      () => 'nothing',
      (error) => errorCode(error),
    );
  const shown = async (id: string): Promise<string[]> =>
    (
      await owner().query(
        `select m.content from app_public.conversations c, unnest(app_private.shown_messages(c)) with ordinality as s (id, place)
         join app_public.messages m on m.id = s.id where c.id = $1 order by s.place`,
        [id],
      )
    ).rows.map((row) => row.content);
  const rows = async (id: string): Promise<string[]> =>
    (
      await owner().query(
        'select ctid, xmin, * from app_public.messages where conversation_id = $1 order by id',
        [id],
      )
    ).rows.map((row) => JSON.stringify(row));
  const said = async (id: string) =>
    (
      await owner().query('select content from app_public.messages where conversation_id = $1 order by id', [
        id,
      ])
    ).rows.map((row) => row.content);

  const [u1, a1, u2, a2] = [
    text('m1', 'user', 'Why?'),
    text('m2', 'assistant', 'Because.', { metadata: { usage: 1 }, prompt_tokens: 7 }),
    text('m3', 'user', 'And then?'),
    text('m4', 'assistant', 'Then that.'),
  ];

  it('grows with the list, and the same again writes nothing', async () => {
    const id = await start();
    await save(id, [u1]);
    await save(id, [u1, a1]);
    const all = await save(id, [u1, a1, u2, a2]);
    expect(all.map((m) => [m.client, m.role, m.content])).toEqual([
      ['m1', 'user', 'Why?'],
      ['m2', 'assistant', 'Because.'],
      ['m3', 'user', 'And then?'],
      ['m4', 'assistant', 'Then that.'],
    ]);
    expect(all[1]).toMatchObject({
      parts: a1.parts,
      metadata: { usage: 1 },
      prompt_tokens: 7,
      author_id: null,
    });
    expect(all[0].author_id).toBe(ann.id);
    const before = [await rows(id), JSON.stringify(await conversation(id))];
    expect(await save(id, [u1, a1, u2, a2])).toEqual(all);
    expect([await rows(id), JSON.stringify(await conversation(id))]).toEqual(before);
    expect(await conversation(id)).toMatchObject({ message_count: 4, total_tokens_used: '7' });
  });

  it('keeps another answer, a changed one and what was cut off beside what is shown', async () => {
    const id = await start();
    const first = await save(id, [u1, a1, u2, a2]);
    // regenerate: the first answer goes, and another one comes under another id
    await save(id, [u1]);
    expect(await shown(id)).toEqual(['Why?']);
    await save(id, [u1, a1, u2]);
    const other = text('m5', 'assistant', 'Something else.');
    expect((await save(id, [u1, a1, u2, other])).at(-1)).toMatchObject({ parent_id: first[2].id });
    expect(await shown(id)).toEqual(['Why?', 'Because.', 'And then?', 'Something else.']);
    expect(await said(id)).toEqual(['Why?', 'Because.', 'And then?', 'Then that.', 'Something else.']);
    // and back to what was left: nothing is written twice
    await save(id, [u1, a1, u2, a2]);
    expect(await shown(id)).toEqual(['Why?', 'Because.', 'And then?', 'Then that.']);
    expect(await said(id)).toHaveLength(5);
    // a changed answer is never kept at its first text
    const longer = text('m4', 'assistant', 'Then that, and more.');
    const changed = (await save(id, [u1, a1, u2, longer])).at(-1)!;
    expect(changed).toMatchObject({
      replaces_id: first[3].id,
      client: 'm4',
      content: 'Then that, and more.',
    });
    expect(await save(id, [u1, a1, u2, longer])).toHaveLength(4);
    expect(await said(id)).toHaveLength(6);
    // an edited question: what follows it hangs below the new one
    const edited = [text('m1', 'user', 'How?'), a1, u2, longer];
    await save(id, edited);
    expect(await shown(id)).toEqual(['How?', 'Because.', 'And then?', 'Then that, and more.']);
    const count = (await said(id)).length;
    expect(count).toBe(10);
    await save(id, edited);
    expect(await said(id)).toHaveLength(count);
    // copies cost nothing
    expect(await conversation(id)).toMatchObject({ message_count: 10, total_tokens_used: '7' });
  });

  it('knows what was written otherwise by its id, from before there were branches too, and what is being written', async () => {
    const id = await start();
    const [one, two] = [await post(id, 'one'), await post(id, 'two', { role: 'assistant' })];
    const [answer] = await call('select id from app_public.start_answer($1)', id);
    const list = [
      { client_id: one.id, role: 'user', content: 'one' },
      { client_id: two.id, role: 'assistant', content: 'two' },
    ];
    await save(id, [...list, { client_id: answer.id, role: 'assistant', content: 'as far as I have seen' }]);
    expect(await said(id)).toEqual(['one', 'two', '']);
    await call(`select app_public.finish_message($1, content => 'the whole')`, answer.id);
    await save(id, list);
    expect(await shown(id)).toEqual(['one', 'two']);
    await save(id, [...list, { client_id: answer.id, role: 'assistant', content: 'the whole' }]);
    expect(await shown(id)).toEqual(['one', 'two', 'the whole']);
    expect(await said(id)).toHaveLength(3);
    // the id of a message elsewhere is a name like any other
    const elsewhere = await post(await start(), 'elsewhere');
    expect(
      (await save(id, [...list, { client_id: elsewhere.id, role: 'user', content: 'x' }])).at(-1)!.id,
    ).not.toBe(elsewhere.id);
  });

  it('is there once when eight clients save it at once, and the last of eight different ones is shown', async () => {
    const id = await start();
    await Promise.all(Array.from({ length: 8 }, () => save(id, [u1, a1, u2, a2])));
    expect(await said(id)).toHaveLength(4);
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => save(id, [u1, text('m2', 'assistant', `answer ${index}`)])),
    );
    expect(await said(id)).toHaveLength(12);
    expect(await shown(id)).toEqual(['Why?', expect.stringMatching(/^answer \d$/)]);
  });

  it('is saved in a packed conversation as in any', async () => {
    const id = await start();
    await save(id, [u1, a1]);
    await indexAll(database);
    await call('select app_public.archive_conversation($1)', id);
    await save(id, [u1, a1, u2]);
    expect(await shown(id)).toEqual(['Why?', 'Because.', 'And then?']);
  });

  it('is searched by the text of its parts', async () => {
    const [message] = await save(await start(), [
      {
        client_id: 'p',
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm' },
          { type: 'text', text: 'one' },
          { type: 'tool-x', input: {} },
          { type: 'text', text: 'two' },
        ],
      },
    ]);
    expect(message!.content).toBe('one\n\ntwo');
  });

  it('is refused whole, with the place of what is wrong', async () => {
    const id = await start();
    const refused = (list: Said[], words: string) =>
      expect(save(id, list)).rejects.toMatchObject({
        code: 'CQ200',
        message: expect.stringContaining(words),
      });
    await refused([], '1 to 1,000');
    await refused(
      Array.from({ length: 1001 }, (_, index) => text(`${index}`, 'user', 'x')),
      '1 to 1,000',
    );
    await refused([u1, { ...a1, client_id: '' }], 'messages[1]: clientId');
    await refused([u1, u1], 'clientId is that of another');
    await refused([{ client_id: 'x', role: 'user' }], 'content or parts');
    await refused([{ client_id: 'x', role: 'user', parts: {} as object[] }], 'parts are an array');
    expect(await said(id)).toEqual([]);
    const shared = await start();
    expect(
      await fails(
        as(
          { ...ann, memberRole: 'viewer' },
          `select app_public.save_messages($1, array[row('c', 'user', 'x', null, null, null, null, null, null, null, null)]::app_public.message_to_save[])`,
          shared,
        ),
      ),
    ).toBe('CQ109');
  });
});
