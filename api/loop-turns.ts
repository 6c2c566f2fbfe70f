/**
 * Turns at the event loop, by whose they are. A request is read, checked and planned in one go, some milliseconds each; with fifty at
 * once, every step of another one, from its token to its last row, would wait for all of them. So one begins in each round of the
 * loop, and what others get from the database in between comes first. However many strangers there are, each second turn is one
 * of those who are signed in.
 */
type Lines = Map<string, (() => void)[]>;

const members: Lines = new Map();
const strangers: Lines = new Map();
let [first, second] = [members, strangers];
let isGoing = false;

function takeFrom(lines: Lines): (() => void) | undefined {
  const [entry] = lines;
  if (!entry) return undefined;
  const [party, [begin, ...others]] = entry;
  // to the end, behind the others
  lines.delete(party);
  if (others.length > 0) lines.set(party, others);
  return begin;
}

function next(): void {
  [first, second] = [second, first];
  const begin = takeFrom(first) ?? takeFrom(second);
  isGoing = begin !== undefined;
  if (!begin) return;
  setImmediate(next);
  begin();
}

/** Waits for the turn of a party: for nothing when no other has begun in this round. */
export async function loopTurn(party: string, isStranger: boolean): Promise<void> {
  if (!isGoing) {
    isGoing = true;
    setImmediate(next);
    return;
  }
  const lines = isStranger ? strangers : members;
  await new Promise<void>((resolve) => {
    const line = lines.get(party);
    if (line) line.push(resolve);
    else lines.set(party, [resolve]);
  });
}
