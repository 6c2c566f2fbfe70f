import { DAY, type SampleSize, sinceOf } from './plan.ts';
import { type Random, randomOf, uuidAt, zipfPlaces } from './random.ts';
import type { Tables } from './tables.ts';

/** Nothing else is of this domain: no address ends in it (RFC 2606). */
export const SAMPLE_DOMAIN = 'sample.invalid';

export interface Workspace {
  id: string;
  /** Who works in it, its owner first. */
  members: string[];
  isShared: boolean;
}

export interface Populace {
  workspaces: Workspace[];
  /** The workspace of a conversation: the k-th has a share of 1 / k. */
  workspaceOf(random: Random): Workspace;
}

const MOST_MEMBERS = 8;

/** Accounts and workspaces: one in four is a team's, the others are of one person each. */
export function makePeople(size: SampleSize, tables: Tables): Populace {
  const { seed, workspaces: count } = size;
  const random = randomOf(seed, count, 2);
  const began = sinceOf(size) - DAY;
  const people: string[] = [];
  const isTeam = (place: number): boolean => count > 1 && place % 4 === 0;
  for (let place = 0; place < count; place++) {
    if (isTeam(place) && place < count - 1) continue;
    const id = uuidAt(began + place, random);
    people.push(id);
    tables.users.add([
      id,
      `person${people.length}.seed${seed}@${SAMPLE_DOMAIN}`,
      true,
      `Person ${people.length}`,
    ]);
  }
  let person = 0;
  const joined = new Date(began).toISOString();
  const workspaces = Array.from({ length: count }, (_, place): Workspace => {
    const isShared = isTeam(place) && place < count - 1;
    const id = uuidAt(began + place, random);
    const owner = people[Math.min(isShared ? person : person++, people.length - 1)]!;
    const members = [owner];
    for (let more = isShared ? 1 + random.below(MOST_MEMBERS - 1) : 0; more > 0; more--) {
      const other = random.pick(people);
      if (!members.includes(other)) members.push(other);
    }
    tables.workspaces.add([
      id,
      isShared ? `Team ${place / 4 + 1}` : 'Personal',
      !isShared,
      'english',
      '{"sample": true}',
    ]);
    for (const [rank, member] of members.entries())
      tables.workspace_members.add([
        id,
        member,
        rank === 0 ? 'owner' : rank === 1 ? 'admin' : 'member',
        joined,
      ]);
    return { id, members, isShared };
  });
  const places = zipfPlaces(count, 0);
  return { workspaces, workspaceOf: (drawing) => workspaces[places[drawing.bits() >>> 16]!]! };
}
