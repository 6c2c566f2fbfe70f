import type { Listing } from '../listing.ts';
import type { Transactions } from './transactions.ts';

/** Documents of an earlier import whose files a new one did not find. */
export interface Gone {
  /** Their identities: what was imported from the very same place. */
  sources: string[];
  /** How many more came from another place of this name, or from a version that did not say from where. */
  elsewhere: number;
  /** Why none of them is put away although there are some; null when they are. */
  kept: string | null;
}

/** More than this, and more than half, is more likely a folder that is not there as a whole than so much work. */
const MANY = 100;
const BATCH = 1000;

interface Row {
  source: string;
  origin: string | null;
  file_id: string | null;
}

const KNOWN = `select d.source_url as source, d.metadata ->> 'origin' as origin, d.file_id
  from app_public.documents d
  where d.workspace_id = app_hidden.current_workspace_id() and d.owner_id = app_hidden.current_user_id()
    and starts_with(d.source_url, $1) and not d.is_archived
  order by d.source_url`;

/**
 * What an earlier import brought from where a listing was made, and is not in it.
 * @param brought  ids of the files that this import brought: the same bytes may have another name now
 * @param isAsked  whether somebody asked for it, and not only for an import
 */
export async function findGone(
  session: Transactions,
  { prefix, suffix, origin, sources, problem }: Listing,
  brought: ReadonlySet<string>,
  isAsked: boolean,
): Promise<Gone> {
  const { rows } = await session.transaction((client) => client.query<Row>(KNOWN, [prefix]));
  const known = rows.filter(({ source }) =>
    suffix === '' ? !source.includes('?ref=') : source.endsWith(suffix),
  );
  const gone = known.filter(
    (row) => !sources.has(row.source) && !(row.file_id !== null && brought.has(row.file_id)),
  );
  const ours = gone.filter((row) => isAsked || origin === null || row.origin === origin);
  const isMuch = !isAsked && ours.length > MANY && ours.length > known.length / 2;
  const kept =
    problem ?? (isMuch ? `${ours.length} of ${known.length} would go; --prune says that they shall` : null);
  return {
    sources: ours.map(({ source }) => source),
    elsewhere: gone.length - ours.length,
    kept: ours.length === 0 ? null : kept,
  };
}

/** Archives what is gone. Returns the identities of what was. */
export async function archiveGone(session: Transactions, sources: string[]): Promise<string[]> {
  const archived: string[] = [];
  for (let from = 0; from < sources.length; from += BATCH) {
    const { rows } = await session.transaction((client) =>
      client.query<{ source: string }>(
        'select source from app_hidden.mark_gone(sources => $1::text[], are_gone => true) as source',
        [sources.slice(from, from + BATCH)],
      ),
    );
    archived.push(...rows.map(({ source }) => source));
  }
  return archived;
}
