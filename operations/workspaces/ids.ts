import { createHmac } from 'node:crypto';

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A string of a JSON text that is an id, and nothing else. Inside of another string, a backslash stands before its quotes. */
const JSON_ID = /"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"/g;
const ANY_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

export const isId = (text: string): boolean => ID.test(text);

/**
 * The id that another has in an import: of the same moment, so that order, cursors, partitions and created_at stay as they are. Its last
 * 40 bits follow from the import, which nobody knows beforehand: no archive can name a row that is there. The same import gives the
 * same ids, whatever the order, so that nothing has to be remembered.
 */
export function newIds(importId: string): (id: string) => string {
  return (id) => {
    const hash = createHmac('sha256', importId).update(id).digest('hex');
    return id.slice(0, 26) + hash.slice(0, 10);
  };
}

/** The ids that stand in a JSON text as whole strings. */
export const idsInJson = (text: string): string[] => [...text.matchAll(JSON_ID)].map((match) => match[1]!);

/** @param replace  undefined leaves an id as it is */
export const replaceInJson = (text: string, replace: (id: string) => string | undefined): string =>
  text.replace(JSON_ID, (whole, id: string) => {
    const other = replace(id);
    return other === undefined ? whole : `"${other}"`;
  });

/** Of an array of ids, as PostgreSQL writes it. */
export const replaceInArray = (text: string, replace: (id: string) => string): string =>
  text.replace(ANY_ID, (id) => replace(id));
