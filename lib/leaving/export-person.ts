import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import type { ArchiveManifest } from '../archive/format.ts';
import { createArchive } from '../archive/write.ts';
import type { FileStorage } from '../storage.ts';

/** Asks for rows in a transaction of its own, as whoever the archive is made for. */
export type AskPages = <Row extends object>(sql: string, values: unknown[]) => Promise<Row[]>;

export interface PersonExport {
  ask: AskPages;
  /** Of the account. */
  person: string;
  /** Absent: without the bytes of files. */
  storage?: FileStorage | undefined;
  /** The version of the program. */
  writtenBy: string;
  signal?: AbortSignal | undefined;
}

interface Page {
  key: string;
  line: string;
}

const PAGE = 500;

const README = `This archive has everything that an installation of Colloquy kept of one person, when it was made.

  archive.json             what it is
  account.ndjson …         a file for each kind; a line of JSON for each row, in UTF-8; of many rows, NAME.000002.ndjson … go on
  messages.ndjson          the messages of the person's own conversations, all of them, in their order
  messages_elsewhere.ndjson  what the person wrote in conversations of others, and nothing else of them
  files/SHA256             the bytes of uploaded files; files.ndjson has their names and hashes
  manifest.json            size and SHA-256 of every entry

Unpack it with tar -xzf. There are no passwords, tokens, keys and hashes of any in it: they are kept only as hashes, and prove nothing
about the person. Who else has a part in a conversation is named by an id.
`;

/** What begins an archive, before anything is sent. @throws CQ101, CQ110, CQ142, CQ204 */
export async function beginExport({ ask, person }: Pick<PersonExport, 'ask' | 'person'>): Promise<string[]> {
  const rows = await ask<{ parts: string[] }>('select app_hidden.begin_export($1::uuid) as parts', [person]);
  return rows[0]!.parts;
}

/**
 * Writes everything of a person into an archive. Memory stays bounded, and no transaction is open while the target waits: each page is
 * read as it is then.
 * @param parts  what beginExport returned
 * @param target  destroyed when something fails, and when the signal comes
 */
export async function exportPerson(
  { ask, person, storage, writtenBy, signal }: PersonExport,
  parts: readonly string[],
  target: Writable,
): Promise<ArchiveManifest> {
  const archive = await createArchive(
    target,
    { kind: 'person', id: randomUUID(), writtenBy, details: {}, readme: README },
    signal,
  );

  async function* pages(
    sql: string,
    values: unknown[],
    onKey?: (key: string) => void,
  ): AsyncGenerator<string[]> {
    let after: string | null = null;
    for (;;) {
      const rows: Page[] = await ask<Page>(sql, [...values, after, PAGE]);
      if (onKey) for (const { key } of rows) onKey(key);
      if (rows.length > 0) yield rows.map(({ line }) => line);
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.key;
    }
  }

  async function* messagesOf(conversations: readonly string[]): AsyncGenerator<string[]> {
    for (const id of conversations)
      yield* pages('select * from app_hidden.export_messages($1::uuid, $2::uuid, $3::uuid, $4)', [
        person,
        id,
      ]);
  }

  async function* contents(): AsyncGenerator<{ sha256: Buffer; storage_path: string }> {
    let after: Buffer | null = null;
    for (;;) {
      const rows: { sha256: Buffer; storage_path: string }[] = await ask(
        'select * from app_hidden.export_contents($1::uuid, $2::bytea, $3)',
        [person, after, PAGE],
      );
      yield* rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.sha256;
    }
  }

  try {
    const own: string[] = [];
    for (const part of parts) {
      const onKey = part === 'conversations' ? (key: string) => own.push(key) : undefined;
      await archive.lines(
        part,
        pages('select * from app_hidden.export_page($1::uuid, $2, $3, $4)', [person, part], onKey),
      );
      if (part !== 'conversations') continue;
      await archive.lines('messages', messagesOf(own));
      const elsewhere = await ask<{ id: string }>(
        'select id from app_hidden.export_conversations_elsewhere($1::uuid) as id order by 1',
        [person],
      );
      await archive.lines('messages_elsewhere', messagesOf(elsewhere.map(({ id }) => id)));
    }
    const missing: string[] = [];
    if (storage) {
      for await (const { sha256, storage_path: path } of contents()) {
        const size = await storage.size(path);
        const name = sha256.toString('hex');
        if (size === null) missing.push(name);
        else await archive.file(`files/${name}`, size, storage.read(path));
      }
    }
    return await archive.finish({ missingFiles: missing });
  } catch (error) {
    await archive.abandon(error);
    throw error;
  }
}
