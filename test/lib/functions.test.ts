import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { type Catalogue, readCatalogue } from '../../lib/catalogue.ts';
import { inTransaction, serverDatabase } from '../../lib/database.ts';
import { type FunctionFile, readFunctions } from '../../lib/functions.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

const _root = join(import.meta.dirname, '../..');

describe('the order of functions/', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  /** A folder with these files, and what readFunctions makes of it. */
  function read(files: Record<string, string>): FunctionFile[] {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-functions-'));
    folders.push(folder);
    for (const [path, sql] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), sql);
    }
    return readFunctions(folder);
  }
  const paths = (files: FunctionFile[]): string[] => files.map((file) => file.path);

  it('puts a file after those that it needs, and is alphabetical apart from that', () => {
    const files = {
      'a/late.sql': '-- Why.\n-- needs: z/first, b/middle\nselect 1;\n',
      'b/middle.sql': '-- Why.\n-- needs: z/first\nselect 1;\n',
      'b/other.sql': '-- Why.\nselect 1;\n',
      'z/first.sql': '-- Why.\nselect 1;\n',
      'README.md': 'no code',
      '_all.sql': 'not in an area',
    };
    const ordered = read(files);
    expect(paths(ordered)).toEqual(['z/first.sql', 'b/middle.sql', 'a/late.sql', 'b/other.sql']);
    expect(ordered[2]).toMatchObject({
      needs: ['z/first.sql', 'b/middle.sql'],
      hash: createHash('sha256').update(files['a/late.sql']).digest('hex'),
      sql: files['a/late.sql'],
    });
    // whatever the order in which the folder lists them
    expect(read(Object.fromEntries(Object.entries(files).reverse()))).toEqual(ordered);
  });

  it('refuses a circle, and says which', () => {
    const circle = {
      'a/one.sql': '-- needs: a/two\n',
      'a/two.sql': '-- needs: b/three\n',
      'b/three.sql': '-- needs: a/two\n',
    };
    expect(() => read(circle)).toThrow(
      expect.objectContaining({
        code: 'CQ042',
        message: expect.stringContaining('a/two.sql → b/three.sql → a/two.sql'),
      }),
    );
    expect(() => read({ 'a/one.sql': '-- needs: a/one\n' })).toThrow(
      expect.objectContaining({
        code: 'CQ042',
        message: expect.stringContaining('a/one.sql → a/one.sql'),
      }),
    );
  });

  it('refuses a need that names no file', () => {
    for (const need of ['a/gone', 'two', 'a/two.sql', 'a/two,']) {
      expect(() => read({ 'a/one.sql': `-- needs: ${need}\n`, 'a/two.sql': 'select 1;\n' })).toThrow(
        expect.objectContaining({
          code: 'CQ042',
          message: expect.stringMatching(
            /^functions\/a\/one\.sql needs functions\/.*, which does not exist\.$/,
          ),
        }),
      );
    }
  });

  it('reads from a text what it makes, and nothing from its comments, bodies and strings', () => {
    const sql = `
      -- create function app_public.commented()
      /* create view app_public.commented_too as */
      create or replace function app_public."current_user"(a text default 'create view app_public.quoted as')
      returns text language sql as $body$ create function app_public.inner(); $body$;
      create function app_public.current_user(a integer) returns text language sql as '';
      create or replace view app_public.things with (security_invoker) as select 1;
      CREATE MATERIALIZED VIEW IF NOT EXISTS app_private.sums as select 1;
      drop policy if exists all_owner on app_public.things;
      create policy all_owner on app_public.things to colloquy_owner using (true);
      create constraint trigger things_10_check after insert or update of a, b
      on app_public.things deferrable for each row execute function app_private.check();
    `;
    expect(read({ 'a/one.sql': sql })[0]?.objects).toEqual([
      { kind: 'function', name: 'app_public.current_user' },
      { kind: 'view', name: 'app_public.things' },
      { kind: 'materialized view', name: 'app_private.sums' },
      { kind: 'trigger', name: 'things_10_check on app_public.things' },
      { kind: 'policy', name: 'all_owner on app_public.things' },
    ]);
  });
});

describe('a file of functions/', () => {
  const files = readFunctions();
  const objectsOf = (path: string): string[] =>
    files.find((file) => file.path === path)?.objects.map(({ kind, name }) => `${kind} ${name}`) ?? [];

  it('makes what its text says', () => {
    expect(objectsOf('auth/current_user.sql')).toEqual(['function app_public.current_user']);
    expect(objectsOf('members/keep_an_owner.sql')).toEqual([
      'function app_hidden.keep_an_owner',
      'trigger workspace_members_80_keep_an_owner on app_public.workspace_members',
    ]);
    expect(objectsOf('policies/messages.sql')).toEqual([
      'policy all_owner on app_public.messages',
      'policy select_member on app_public.messages',
      'policy select_worker on app_public.messages',
    ]);
  });

  it('holds one object, and has its name', () => {
    const wrong = files.filter((file) => !isOneObject(file, files));
    expect(wrong.map(({ path, objects }) => ({ path, objects }))).toEqual([]);
  });

  it('makes what no other file makes', () => {
    const names = files.flatMap((file) => file.objects.map(({ kind, name }) => `${kind} ${name}`));
    expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
  });

  it('has no body of more than 60 lines', () => {
    const long = files.flatMap(({ path, sql }) =>
      [...sql.matchAll(/as (\$\w*\$)\n([\s\S]*?)\1/g)]
        .map((match) => match[2]!.trim().split('\n').length)
        .filter((lines) => lines > 60)
        .map((lines) => `${path}: ${lines}`),
    );
    expect(long).toEqual([]);
  });

  it('says what it needs in one line, before its code', () => {
    for (const { path, sql, needs } of files) {
      const [head] = sql.split(/^(?!--)/m);
      expect([path, sql.match(/needs:/g)?.length ?? 0]).toEqual([path, needs.length > 0 ? 1 : 0]);
      if (needs.length > 0) expect(head).toMatch(/^-- [^\n]+\n(--[^\n]*\n)*-- needs: [\w/.]+(, [\w/.]+)*\n$/);
      expect(needs).toEqual([...new Set(needs)].sort());
    }
  });
});

/** The policies of one table, or a function with all of its triggers; named as one of them, or as what its triggers have in common. */
function isOneObject(file: FunctionFile, files: FunctionFile[]): boolean {
  const [area, base] = file.path.slice(0, -'.sql'.length).split('/') as [string, string];
  const named = (kind: string): string[] =>
    file.objects.filter((object) => object.kind === kind).map((object) => object.name);
  if (area === 'policies') {
    return (
      file.objects.length > 0 &&
      file.objects.every(({ kind, name }) => kind === 'policy' && name.endsWith(`.${base}`))
    );
  }
  const [functions, triggers] = [named('function'), named('trigger')];
  if (functions.length !== 1 || functions.length + triggers.length !== file.objects.length) return false;
  const [schema, name] = functions[0]!.split('.') as [string, string];
  // the private one of two functions of one name
  const hasNamesake = files.some(
    ({ path, objects }) => path === `${area}/${name}.sql` && objects[0]?.name !== functions[0],
  );
  if (base === (hasNamesake ? `${schema}.${name}` : name)) return true;
  return triggers.length > 0 && triggers.every((trigger) => new RegExp(`^${base}(_\\w+)? on `).test(trigger));
}

describeReal('functions/', () => {
  // as code is applied: bodies are not checked
  const settings = `
    set local search_path = pg_catalog, extensions;
    set local check_function_bodies = off;
    set local client_min_messages = error`;
  const catalogue = (pool: pg.Pool): Promise<Catalogue> =>
    inTransaction(pool, async (client) => {
      await client.query(settings);
      return readCatalogue(client);
    });

  /** The other end of what needs allow: from the last letter to the first. */
  function reversed(files: FunctionFile[]): FunctionFile[] {
    const ordered = new Set<FunctionFile>();
    const place = (file: FunctionFile): void => {
      for (const path of file.needs.toSorted().toReversed())
        place(files.find((other) => other.path === path)!);
      ordered.add(file);
    };
    for (const file of files.toSorted((a, b) => (a.path < b.path ? 1 : -1))) place(file);
    return [...ordered];
  }

  it('makes all code anew on tables without any, in every order that its needs allow', async () => {
    const files = readFunctions();
    const { url } = await createTestDatabase();
    const database = serverDatabase(url);
    try {
      const before = await catalogue(database.pool('owner'));
      for (const order of [files, reversed(files)]) {
        const after = await inTransaction(database.pool('owner'), async (client) => {
          await client.query(settings);
          await removeCode(client);
          // columns and defaults hold the few that remain
          const { rows } = await client.query(
            "select count(*)::integer as left from pg_proc where pronamespace::regnamespace::text ~ '^app_'",
          );
          expect(rows[0].left).toBeLessThan(20);
          for (const file of order)
            await client
              .query(file.sql)
              .catch((error) => Promise.reject(new Error(file.path, { cause: error })));
          return readCatalogue(client);
        });
        expect(after).toEqual(before);
      }
    } finally {
      await database.close();
    }
  });

  it('needs each file that it says it needs', async () => {
    const files = new Map(readFunctions().map((file) => [file.path, file]));
    const { url } = await createTestDatabase();
    const database = serverDatabase(url);
    /** What has to be applied before a file, when one of its needs is left out. */
    const before = (path: string, without: string, found = new Set<string>()): Set<string> => {
      for (const need of files.get(path)?.needs.filter((one) => one !== without) ?? []) {
        before(need, '', found).add(need);
      }
      return found;
    };
    const vain: string[] = [];
    try {
      await inTransaction(database.pool('owner'), async (client) => {
        await client.query(settings);
        await removeCode(client);
        for (const file of files.values()) {
          for (const need of file.needs) {
            const others = [...before(file.path, need)];
            // one of the others brings it
            if (others.includes(need)) continue;
            await client.query('savepoint empty');
            for (const other of others) await client.query(files.get(other)?.sql ?? '');
            const refused = await client.query(file.sql).then(
              () => undefined,
              (error) => error.code,
            );
            if (refused !== '42883') vain.push(`${file.path} does not need ${need}: ${refused}`);
            await client.query('rollback to savepoint empty');
          }
        }
      });
    } finally {
      await database.close();
    }
    expect(vain).toEqual([]);
  });

  it('changes nothing when one file alone is run again, in a session that has seen no other', async () => {
    const { url } = await createTestDatabase();
    const database = serverDatabase(url);
    try {
      const owner = database.pool('owner');
      const before = await catalogue(owner);
      for (const file of readFunctions()) {
        const client = await owner.connect();
        try {
          await client.query(`begin; ${settings}`);
          await client
            .query(file.sql)
            .catch((error) => Promise.reject(new Error(file.path, { cause: error })));
          await client.query('commit');
        } finally {
          client.release(true);
        }
      }
      expect(await catalogue(owner)).toEqual(before);
    } finally {
      await database.close();
    }
  });
});

/** Removes policies, grants, triggers, and the functions of functions/. */
async function removeCode(client: pg.PoolClient): Promise<void> {
  // what migrations make, since generated columns hold its results, stays
  const names = readFunctions()
    .flatMap((file) => file.objects)
    .filter((object) => object.kind === 'function')
    .map((object) => `'${object.name}'`)
    .join(', ');
  await client.query(`do $$
    declare
      one record;
      removed integer;
    begin
      for one in
        select format('drop policy %I on %s', p.polname, p.polrelid::regclass) as statement
        from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace::regnamespace::text ~ '^app_'
        union all
        select format('revoke all on all tables in schema %s from %s cascade', s.nspname, r.rolname)
        from pg_namespace s, pg_roles r
        where s.nspname ~ '^app_(public|hidden|private)$' and r.rolname ~ '^colloquy_' and r.rolname <> 'colloquy_owner'
        union all
        select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass)
        from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace::regnamespace::text ~ '^app_' and not t.tgisinternal and t.tgparentid = 0
      loop
        execute one.statement;
      end loop;
      loop
        removed := 0;
        for one in
          select p.oid::regprocedure as name from pg_proc p
          where p.pronamespace::regnamespace::text ~ '^app_' and p.prokind = 'f' and p.pronamespace::regnamespace::text || '.' || p.proname = any (array[${names}])
        loop
          begin
            execute format('drop function %s', one.name);
            removed := removed + 1;
          exception when dependent_objects_still_exist then
            null;
          end;
        end loop;
        exit when removed = 0;
      end loop;
    end
  $$`);
}
