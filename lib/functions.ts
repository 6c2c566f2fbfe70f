import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColloquyError } from './errors.ts';

/** Something that a file of functions/ makes. */
export interface FunctionObject {
  kind: 'function' | 'view' | 'materialized view' | 'trigger' | 'policy';
  /** schema.name (all overloads of a function are one); of a trigger or a policy: name on schema.table. */
  name: string;
}

/** A file of functions/. */
export interface FunctionFile {
  /** Below functions/: area/file.sql. */
  path: string;
  sql: string;
  /** SHA-256 of the text, hexadecimal. */
  hash: string;
  /** The paths of the files that have to be applied before this one, from its line `-- needs: area/file, area/file`. */
  needs: string[];
  objects: FunctionObject[];
}

/**
 * Every file of functions/, in an order in which each comes after what it needs, and alphabetical apart from that.
 * @param root  the folder. Default: that of this project
 * @throws ColloquyError CQ042 when a file needs one that does not exist, or files need each other in a circle
 */
export function readFunctions(root: string = join(import.meta.dirname, '../functions')): FunctionFile[] {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((path) => /^[^/]+\/.+\.sql$/.test(path))
    .sort();
  return inOrder(paths.map((path) => parseFile(path, readFileSync(join(root, path), 'utf8'))));
}

function parseFile(path: string, sql: string): FunctionFile {
  const needs = [...sql.matchAll(/^-- needs:(.*)$/gm)]
    .flatMap((match) => (match[1] ?? '').split(','))
    .map((need) => `${need.trim()}.sql`);
  return {
    path,
    sql,
    hash: createHash('sha256').update(sql).digest('hex'),
    needs,
    objects: parseObjects(sql),
  };
}

// what may hold words that look like statements: comments, bodies and strings
const quoted = /--[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^']|'')*'/g;

const name = '("?\\w+"?\\."?\\w+"?)';
const statements: [FunctionObject['kind'], RegExp][] = [
  ['function', new RegExp(`\\bcreate\\s+(?:or\\s+replace\\s+)?function\\s+${name}`, 'gi')],
  ['view', new RegExp(`\\bcreate\\s+(?:or\\s+replace\\s+)?view\\s+${name}`, 'gi')],
  [
    'materialized view',
    new RegExp(`\\bcreate\\s+materialized\\s+view\\s+(?:if\\s+not\\s+exists\\s+)?${name}`, 'gi'),
  ],
  [
    'trigger',
    new RegExp(
      `\\bcreate\\s+(?:or\\s+replace\\s+)?(?:constraint\\s+)?trigger\\s+(\\w+)[^;]*?\\son\\s+${name}`,
      'gi',
    ),
  ],
  ['policy', new RegExp(`\\bcreate\\s+policy\\s+(\\w+)\\s+on\\s+${name}`, 'gi')],
];

function parseObjects(sql: string): FunctionObject[] {
  const code = sql.replace(quoted, ' ');
  const objects = statements.flatMap(([kind, statement]) =>
    [...code.matchAll(statement)].map((match) => ({
      kind,
      name: match.slice(1).join(' on ').replaceAll('"', ''),
    })),
  );
  // overloads of a function have one name
  return [...new Map(objects.map((object) => [`${object.kind} ${object.name}`, object])).values()];
}

function inOrder(files: FunctionFile[]): FunctionFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const ordered = new Set<FunctionFile>();
  const place = (file: FunctionFile, waiting: FunctionFile[]): void => {
    if (ordered.has(file)) return;
    const chain = [...waiting, file];
    if (waiting.includes(file)) throw circle(chain.slice(waiting.indexOf(file)));
    for (const path of file.needs.toSorted()) {
      const needed = byPath.get(path);
      if (needed === undefined) throw unknownNeed(file, path);
      place(needed, chain);
    }
    ordered.add(file);
  };
  for (const file of files) place(file, []);
  return [...ordered];
}

function circle(files: FunctionFile[]): ColloquyError {
  return new ColloquyError(
    'CQ042',
    `Files of functions/ need each other in a circle: ${files.map(({ path }) => path).join(' → ')}.`,
    {
      hint: 'Remove one of their `-- needs:`: bodies in quotes need nothing, since they are not checked while files are applied.',
    },
  );
}

function unknownNeed(file: FunctionFile, path: string): ColloquyError {
  return new ColloquyError('CQ042', `functions/${file.path} needs functions/${path}, which does not exist.`, {
    hint: 'Correct its line `-- needs: area/file, area/file`: paths below functions/, without .sql.',
  });
}
