import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose work is being done, by a name that may become a better known one on the way. */
export interface Party {
  name: string;
}

const parties = new AsyncLocalStorage<Party>();

/** Does work in the name of a party: what is shared by turns is shared among these. */
export function asParty<T>(party: Party, work: () => T): T {
  return parties.run(party, work);
}

/** The party whose work this is. Undefined: our own. */
export function currentParty(): string | undefined {
  return parties.getStore()?.name;
}
