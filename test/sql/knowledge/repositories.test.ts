import { afterAll, beforeAll, expect, it } from 'vitest';
import { call, code, document, endScene, one, setScene, tenants } from '../../support/library.ts';
import { describeReal } from '../../support/server.ts';
import type { TestUser } from '../../support/users.ts';

describeReal('repositories', () => {
  beforeAll(setScene);
  afterAll(endScene);

  const make = (user: TestUser, name: string) =>
    one(user, `select * from app_public.create_repository($1, 'git', visibility => 'workspace')`, name);
  const put = (user: TestUser, repository: string, id: string, path: string) =>
    one(user, 'select * from app_public.add_document_to_repository($1, $2, $3)', repository, id, path);

  it('have a name of their own, and one document at each path', async () => {
    const { owner: first } = tenants;
    const { id } = await make(first, 'engine');
    expect(await code(make(first, ' engine '))).toBe('CQ240');
    const [a, b] = [await document(first), await document(first)];
    await put(first, id, a, 'src/a.ts');
    expect(await code(put(first, id, b, 'src/a.ts'))).toBe('CQ240');
    expect(await code(put(first, id, b, ''))).toBe('CQ200');
    expect((await put(first, id, a, 'src/b.ts')).file_path).toBe('src/b.ts');
    await call(first, 'delete from app_public.documents where id = $1', a);
    expect(
      (await call(first, 'select from app_public.repository_documents where repository_id = $1', id))
        .rowCount,
    ).toBe(0);
  });

  it('show others what they may read of a shared one, and nothing else', async () => {
    const { owner: first, member } = tenants;
    const { id } = await make(first, 'shared');
    const [hidden, shown] = [await document(first), await document(first, `, visibility => 'workspace'`)];
    await put(first, id, hidden, 'hidden');
    await put(first, id, shown, 'shown');
    const seen = await call(
      member,
      'select file_path from app_public.repository_documents where repository_id = $1',
      id,
    );
    expect(seen.rows).toEqual([{ file_path: 'shown' }]);
    expect(
      (await call(member, `update app_public.repositories set name = 'x' where id = $1`, id)).rowCount,
    ).toBe(0);
  });

  it('are at an address that git finds, and at none that runs something', async () => {
    const at = (address: string) =>
      one(tenants.owner, `select * from app_public.create_repository($1, 'git', repo_url => $1)`, address);
    for (const address of [
      'https://example.org/a.git',
      'http://localhost/a',
      'ssh://git@example.org/a.git',
      'git://example.org/a',
      'git@example.org:a/b.git',
    ]) {
      expect((await at(address)).repo_url).toBe(address);
    }
    for (const address of [
      'javascript:alert(1)',
      ' https://example.org',
      'java\tscript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'https://example.org/\u0001',
      'example.org',
      'javascript:a@b:c',
    ]) {
      expect(await code(at(address)), address).toBe('23514');
    }
  });
});
