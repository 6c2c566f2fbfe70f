import { boundedSource } from '../items.ts';
import type { Listing } from '../listing.ts';
import { fileAddress } from './git-checkout.ts';
import { type ImportRoot, originOf, pathOf, sourceOf } from './import-root.ts';

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
