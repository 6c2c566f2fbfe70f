import { randomBytes } from 'node:crypto';
import { ColloquyError } from '../../lib/errors.ts';
import type { Client } from '../logical/tables.ts';
import type { Model, Person } from './contents.ts';
import { refused } from './read.ts';

export interface MatchedPeople {
  /** By the id in the archive. */
  ids: Map<string, string>;
  /** Addresses of accounts that were there. */
  joined: string[];
  /** Addresses for which an account was made. */
  made: string[];
}

/**
 * The accounts of the people in an archive: those that are there by the same address, where it was proved to be theirs; for others an
 * account is made that nobody has a password of. Who reads the address gets one: requestPasswordReset. Nothing of an account that is
 * there changes, and nobody becomes anything but a user of the installation.
 * @throws ColloquyError CQ787 for accounts that anybody may have made with the address of somebody else
 */
export async function matchPeople(
  client: Client,
  people: readonly Person[],
  { trustUnverified = false }: { trustUnverified?: boolean },
): Promise<MatchedPeople> {
  const { rows: there } = await client.query<{ id: string; email: string; verified: boolean }>(
    `select u.id, u.email::text as email, u.is_email_verified as verified
     from app_public.users u where u.email operator(extensions.=) any ($1::text[]::extensions.citext[]) for key share`,
    [people.map(({ email }) => email)],
  );
  const known = new Map(there.map((one) => [one.email.toLowerCase(), one]));
  const unproved = there.filter(({ verified }) => !verified).map(({ email }) => email);
  if (unproved.length > 0 && !trustUnverified) {
    throw new ColloquyError(
      'CQ787',
      `${unproved.length} accounts here have the addresses of people in the archive, and have not proved them: ${unproved.slice(0, 5).join(', ')}.`,
      { hint: 'Have them verify their address, or say that they are the same people: --trust-unverified' },
    );
  }
  const found: MatchedPeople = { ids: new Map(), joined: [], made: [] };
  let hash: string | undefined;
  for (const person of people) {
    const email = person.email.trim().toLowerCase();
    const account = known.get(email);
    if (account) {
      found.ids.set(person.id, account.id);
      found.joined.push(account.email);
      continue;
    }
    // a password that nobody knows
    hash ??= (
      await client.query('select app_private.hash_password($1) as hash', [randomBytes(32).toString('hex')])
    ).rows[0].hash;
    const id = await makeAccount(client, person, hash!);
    known.set(email, { id, email, verified: false });
    found.ids.set(person.id, id);
    found.made.push(email);
  }
  if (new Set(found.ids.values()).size !== found.ids.size)
    throw refused('two of its people have the same address');
  return found;
}

async function makeAccount(client: Client, person: Person, hash: string): Promise<string> {
  const { rows } = await client.query('select id from app_private.create_account($1, $2, null, $3, false)', [
    person.email,
    hash,
    person.display_name,
  ]);
  await client.query('update app_public.users set first_name = $2, last_name = $3 where id = $1', [
    rows[0].id,
    person.first_name,
    person.last_name,
  ]);
  return rows[0].id;
}

/**
 * The embedding versions here whose vectors are those of the archive: of the same model, as long, made the same way.
 * @returns by the id in the archive; null where there is none, and the vectors are made anew
 */
export async function matchModels(
  client: Client,
  models: readonly Model[],
): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (const model of models) {
    const { rows } = await client.query(
      `select v.id from app_public.embedding_versions v
       where v.status <> 'archived' and v.provider = $1 and v.model = $2 and v.dimensions::text = $3 and v.distance = $4
         and v.native_dimensions::text is not distinct from $5 and v.query_prefix = $6 and v.passage_prefix = $7
       order by v.status = 'active' desc, v.number desc limit 1`,
      [
        model.provider,
        model.model,
        model.dimensions,
        model.distance,
        model.native_dimensions,
        model.query_prefix,
        model.passage_prefix,
      ],
    );
    const id = rows[0]?.id ?? null;
    // two versions of the same model: the vectors of one would be taken for those of the other twice
    found.set(model.id, id !== null && [...found.values()].includes(id) ? null : id);
  }
  return found;
}
