/** Where in a file PostgreSQL stopped, as `path:line`; the path alone where it did not say. */
export function placeOf(path: string, sql: string, error: unknown): string {
  const position = Number((error as { position?: string }).position);
  return position > 0 ? `${path}:${sql.slice(0, position - 1).split('\n').length}` : path;
}

/** What to do about a lock that another session holds. */
export const FIND_THE_SESSION =
  'Find the session (select pid, usename, application_name, xact_start, query from pg_stat_activity where xact_start is not null order by xact_start), let it end or end it (select pg_terminate_backend(pid)), and run npm run migrate again.';
