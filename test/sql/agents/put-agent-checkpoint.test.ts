import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, endScene, setScene, tenants } from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';

describeReal('the states of agents', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const put = (
    thread: string,
    id: string,
    more: { content?: string; type?: string; namespace?: string; metadata?: object | string } = {},
  ) =>
    call(
      tenants.ann,
      `select app_public.put_agent_checkpoint($1, $2, $3, convert_to($4, 'UTF8'), namespace => $5, metadata => $6::jsonb)`,
      ...[
        thread,
        id,
        more.type ?? 'json',
        more.content ?? '{}',
        more.namespace ?? '',
        JSON.stringify(more.metadata ?? {}),
      ],
    );
  const write = (thread: string, index: number, content: string, task = 'task') =>
    call(
      tenants.ann,
      `select app_public.put_agent_checkpoint_writes(
         $1, '1', array[row($4, '', $2, 'c', 'json', convert_to($3, 'UTF8'))::app_public.agent_checkpoint_write]
       ) as stored`,
      ...[thread, index, content, task],
    );
  const states = async (thread: string, more = '') =>
    (
      await call(
        tenants.ann,
        `select c.checkpoint_id as id, left(convert_from(c.content, 'UTF8'), 20) as content,
           array(select convert_from(w.content, 'UTF8') from unnest(c.writes) as w) as writes
         from unnest(app_public.agent_checkpoints(thread_id => $1 ${more})) as c`,
        thread,
      )
    ).rows;

  it('are changed by their id, while what a task wrote first stays, unless it has a place below zero', async () => {
    await put('t', '1', { content: '{"a": 1}' });
    await put('t', '1', { content: '{"a": 2}' });
    for (const [index, content] of [
      [0, 'first'],
      [0, 'second'],
      [-1, 'error'],
      [-1, 'interrupt'],
    ] as const) {
      const { rows } = await write('t', index, content);
      expect(rows[0].stored).toBe(content === 'second' ? 0 : 1);
    }
    expect(await states('t')).toEqual([{ id: '1', content: '{"a": 2}', writes: ['interrupt', 'first'] }]);
  });

  it('come in pages that stay small, with at least one', async () => {
    for (const id of ['1', '2', '3', '4']) await put('large', id, { content: id.repeat(3_000_000) });
    const ids = async (more: string) => (await states('large', more)).map(({ id }) => id);
    expect(await ids('')).toEqual(['4', '3']);
    expect(await ids(`, before => '3'`)).toEqual(['2', '1']);
    expect(await ids(`, before => '2', max_rows => 1`)).toEqual(['1']);
  });

  it('are found by thread, namespace and metadata, and pruned in each namespace', async () => {
    for (const namespace of ['', 'sub']) {
      for (const id of ['1', '2', '3'])
        await put('many', id, { namespace, metadata: { step: Number(id), in: namespace } });
    }
    expect((await states('many', `, metadata => '{"step": 2}'`)).map(({ id }) => id)).toEqual(['2', '2']);
    expect((await states('many', `, namespace => 'sub', metadata => '{"step": 2}'`)).length).toBe(1);
    const { rows } = await call(tenants.ann, `select app_public.prune_agent_thread('many', 2) as gone`);
    expect(rows[0].gone).toBe(2);
    expect((await states('many')).map(({ id }) => id)).toEqual(['3', '3', '2', '2']);
  });

  it('are refused where they cannot be', async () => {
    const { ann } = tenants;
    expect(await code(put('', '1'))).toBe('CQ200');
    expect(await code(put('x'.repeat(201), '1'))).toBe('CQ200');
    expect(await code(put('t', ''))).toBe('CQ200');
    expect(await code(put('t', '1', { namespace: 'x'.repeat(501) }))).toBe('CQ200');
    expect(await code(put('t', '1', { type: '' }))).toBe('CQ200');
    expect(await code(put('t', '1', { metadata: 'text' }))).toBe('CQ200');
    expect(await code(put('t', '1', { content: 'x'.repeat(3_000_001) }))).toBe('CQ850');
    expect(await code(write('t', 0, 'x'.repeat(3_000_001)))).toBe('CQ850');
    expect(await code(write('t', 0, 'x', ''))).toBe('CQ200');
    expect(await code(call(ann, `select app_public.put_agent_checkpoint_writes('t', '1', '{}')`))).toBe(
      'CQ200',
    );
    expect(await code(states('t', ', max_rows => 101'))).toBe('CQ200');
    expect(await code(call(ann, `select app_public.prune_agent_thread('t', 0)`))).toBe('CQ200');
    expect((await states('t')).length).toBe(1);
  });
});
