import { log } from '../lib/log.ts';

/**
 * PostGraphile fetches what several rows lead to (the messages of search results, the owners of documents) in one statement:
 * the keys go in as one JSON array, and each is looked up from there:
 *
 *     from (select ids.ordinality - 1 as idx, (ids.value->>0)::uuid as "id0"
 *       from json_array_elements($1::json) with ordinality as ids) as …,
 *     lateral (select … from app_public.messages where id = ….id0 …) as …
 *
 * The planner pulls that subquery up, so what is compared with the column is an expression that may fail (`->>`, the cast).
 * Below row-level security such a comparison waits until the policy has been asked about every row, and the lookup reads
 * all messages of the workspace. An offset of nothing keeps the subquery as it is, so that columns are compared with columns, by
 * index. It keeps the other one, too: where the planner takes a tenant for smaller than it is, it would rather read all
 * of it once (a hash join) than go by index for each of the keys.
 */
const LOOKUP =
  /^(.*\nfrom \(select ids\.ordinality - 1 as idx.* from json_array_elements\(\$\d+::json\) with ordinality as ids)(\) as \S+,\nlateral \(.*)(\) as \S+;)$/s;
/** What every lookup contains, in whatever shape: one that is not recognised must not go unnoticed. */
const HINT = /\bjsonb?_array_elements\(\$\d+|\bwith ordinality as ids\b/;
/** An end that is such a fence already. */
const FENCE = /\n(?:limit|offset) \S+\s*$/;

let isReported = false;

/** A lookup of PostGraphile's with both of its subqueries fenced in; any other statement as it is. */
export function fenced<T extends { text: string }>(statement: T): T {
  const found = LOOKUP.exec(statement.text);
  if (!found) {
    if (HINT.test(statement.text) && !isReported) {
      isReported = true;
      log.warn(
        { statement: statement.text.slice(0, 300) },
        'Lookups have another shape than expected, and are slow',
      );
    }
    return statement;
  }
  const [, keys, lookup, end] = found;
  return { ...statement, text: `${keys} offset 0${lookup}${FENCE.test(lookup!) ? '' : '\noffset 0'}${end}` };
}
