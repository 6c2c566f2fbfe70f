/** What there is in one folder or checkout, by identity: what an earlier import brought from there and is not in it is gone. */
export interface Listing {
  name: string;
  /** How the identities of all that could be there begin, and end. */
  prefix: string;
  suffix: string;
  /** Which folder it is, where its name alone does not say. */
  origin: string | null;
  sources: Set<string>;
  /** Why what is missing is not known to be gone. */
  problem: string | null;
}
