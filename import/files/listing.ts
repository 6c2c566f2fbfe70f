import { boundedSource } from '../items.ts';
import { fileAddress } from './git-checkout.ts';
import { type ImportRoot, originOf, pathOf, sourceOf } from './import-root.ts';

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

/** An empty one. Null for a single file, which says nothing of others. */
export function listingOf(root: ImportRoot): Listing | null {
  if (root.kind !== 'folder') return null;
  const path = pathOf(root, root.absolute);
  const address = sourceOf(root, path === '' ? '' : `${path}/`);
  const plain = root.url === null ? address : fileAddress(root.url, '', root.checkout?.ref);
  const query = plain.indexOf('?ref=');
  const suffix = root.url === null || query === -1 ? '' : plain.slice(query);
  const { origin } = originOf(root);
  return {
    name: root.name,
    prefix: suffix === '' ? address : address.slice(0, -suffix.length),
    suffix,
    origin: typeof origin === 'string' ? origin : null,
    sources: new Set(),
    problem: root.tracked?.isPartial ? 'only a part of the repository is checked out' : null,
  };
}

export function list(listing: Listing, root: ImportRoot, absolute: string): void {
  listing.sources.add(boundedSource(sourceOf(root, pathOf(root, absolute))));
}
