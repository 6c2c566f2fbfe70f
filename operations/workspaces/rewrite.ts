import { type Column, storedColumns, type Table } from '../logical/tables.ts';
import type { ArchivedTable } from './contents.ts';
import { idsInJson, isId, replaceInArray, replaceInJson } from './ids.ts';
import { refused } from './read.ts';

const USERS = 'app_public.users';
const VERSIONS = 'app_public.embedding_versions';
export const WORKSPACES = 'app_public.workspaces';

/** Which id each id of an archive has here. */
export interface IdMap {
  /** The workspace of the archive. */
  workspaceId: string;
  people: ReadonlyMap<string, string>;
  models: ReadonlyMap<string, string | null>;
  /** Of everything else. */
  other(id: string): string;
}

/** What others sent is kept as they sent it: their own ids are theirs. */
const AS_SENT = new Set(['app_public.raw_events.payload']);

type Value = string | null;
/** A row in the order of the columns; undefined where it is of a model that is not here. */
export type Row = Value[] | undefined;

export interface Rewriter {
  columns: Column[];
  /** The id that the row of a line has in the archive, where its table has ids. */
  id(line: string): string | undefined;
  /** The ids in the JSON of a row, which may be those of other rows. */
  idsInJson(line: string): string[];
  /**
   * @param known  the ids in JSON that are rows of the archive; every other one there means something else
   * @throws ColloquyError CQ784 for a row of another workspace or with a reference out of the archive
   */
  row(line: string, known: ReadonlySet<string>): Row;
}

interface Place {
  name: string;
  kind: 'workspace' | 'person' | 'model' | 'id' | 'ids' | 'json' | 'path' | 'plain';
  isNullable: boolean;
}

function placeOf(table: Table, { name, type }: Column): Place {
  const targets = table.foreignKeys.filter(({ columns }) => columns.includes(name));
  const nulled = targets.some((key) => key.nulled.includes(name));
  const kindOf = (): Place['kind'] => {
    if (type === 'jsonb') return AS_SENT.has(`${table.name}.${name}`) ? 'plain' : 'json';
    if (type === 'uuid[]') return 'ids';
    if (name === 'storage_path') return 'path';
    if (type !== 'uuid') return 'plain';
    if (name === 'workspace_id' || (table.name === WORKSPACES && name === 'id')) return 'workspace';
    if (targets.some(({ target }) => target === USERS)) return 'person';
    if (targets.some(({ target }) => target === VERSIONS)) return 'model';
    return 'id';
  };
  return { name, kind: kindOf(), isNullable: nulled };
}

const ofObject = (line: string, table: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw refused(`a row of ${table} is no JSON`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(`a row of ${table} is no object`);
  return value as Record<string, unknown>;
};

/**
 * How the rows of a table become rows of this database. Every id is replaced: the workspace by the new one, and by no other; people by
 * accounts; everything else by an id that no row here has. So no row can be written into another workspace, whatever an archive says.
 */
export function rewriterOf(table: Table, archived: ArchivedTable, ids: IdMap): Rewriter {
  const here = new Map(storedColumns(table).map((column) => [column.name, column]));
  const columns = archived.columns.map(({ name }) => here.get(name)!);
  const places = columns.map((column) => placeOf(table, column));
  if (!places.some(({ kind }) => kind === 'workspace'))
    throw refused(`nothing says of which workspace the rows of ${table.name} are`);

  const idOf = (text: string, place: Place): string | null => {
    const where = `${table.name}.${place.name}`;
    if (!isId(text)) throw refused(`${where} has ${JSON.stringify(text.slice(0, 60))}, which is no id`);
    if (place.kind === 'workspace') {
      if (text !== ids.workspaceId) throw refused(`a row of ${table.name} is of another workspace, ${text}`);
      return ids.other(text);
    }
    const person = ids.people.get(text);
    if (place.kind === 'person') {
      if (person !== undefined) return person;
      if (place.isNullable) return null;
      throw refused(`${where} refers to somebody who is not in the archive, ${text}`);
    }
    if (person !== undefined) return person;
    // of a model that is not here
    if (ids.models.has(text) || place.kind === 'model') return ids.models.get(text) ?? null;
    return ids.other(text);
  };
  const inJson = (id: string, known: ReadonlySet<string>): string | undefined =>
    id === ids.workspaceId || known.has(id)
      ? ids.other(id)
      : (ids.people.get(id) ?? ids.models.get(id) ?? undefined);

  return {
    columns,
    id(line) {
      if (!table.key.includes('id')) return undefined;
      const { id } = ofObject(line, table.name);
      if (typeof id !== 'string' || !isId(id)) throw refused(`a row of ${table.name} has no id`);
      return id;
    },
    idsInJson(line) {
      const names = places.flatMap(({ kind, name }) => (kind === 'json' ? [name] : []));
      if (names.length === 0) return [];
      const object = ofObject(line, table.name);
      return names.flatMap((name) => (typeof object[name] === 'string' ? idsInJson(object[name]) : []));
    },
    row(line, known) {
      const object = ofObject(line, table.name);
      if (Object.keys(object).length !== columns.length)
        throw refused(`a row of ${table.name} has other columns than its table`);
      let isOfOtherModel = false;
      const row = places.map((place): Value => {
        const value = object[place.name];
        // without a workspace it would be a row of the whole installation
        if (value === null && place.kind !== 'workspace') return null;
        if (typeof value !== 'string') throw refused(`${table.name}.${place.name} of a row is no text`);
        if (place.kind === 'plain') return value;
        if (place.kind === 'path') return value.replaceAll(ids.workspaceId, ids.other(ids.workspaceId));
        if (place.kind === 'json') return replaceInJson(value, (id) => inJson(id, known));
        if (place.kind === 'ids')
          return replaceInArray(value, (id) => idOf(id, { ...place, kind: 'id' }) ?? id);
        const id = idOf(value, place);
        if (place.kind === 'model' && id === null && table.key.includes(place.name)) isOfOtherModel = true;
        return id;
      });
      return isOfOtherModel ? undefined : row;
    },
  };
}
