/** Anything that asks a database. */
interface Asking {
  query(sql: string): Promise<{ rows: { has: boolean }[] }>;
}

const OF_FILES = `select f.storage_path as path, f.sha256, f.byte_size as bytes, f.workspace_id from app_public.files f
  where f.sha256 is not null`;
const OF_CONVERSATIONS = `select f.storage_path, decode(split_part(f.storage_path, '/', 3), 'hex'), f.byte_size, f.workspace_id
  from app_hidden.conversation_files f`;

/**
 * Which contents of the storage of files the rows of a database name, as a query of path, sha256, bytes and workspace_id: those of files,
 * and those of cold conversations. A copy of an older version has no list of the latter.
 */
export async function contentsQuery(client: Asking): Promise<string> {
  const { rows } = await client.query(
    `select pg_catalog.to_regclass('app_hidden.conversation_files') is not null as has`,
  );
  return rows[0]!.has ? `${OF_FILES} union all ${OF_CONVERSATIONS}` : OF_FILES;
}
