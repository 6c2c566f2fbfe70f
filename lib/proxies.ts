import { readNetwork } from './networks.ts';

/** Addresses that a list of proxies names: a range, or a name for several. */
export type ProxyRule = { cidr: string } | { name: string };

const NAMES = ['loopback', 'private'];

/**
 * Reads a list as `loopback, 10.1.0.0/16, 2001:db8::5`.
 * @throws TypeError naming the entry that is neither an address, nor a range, nor a name
 */
export function readProxies(list: string): ProxyRule[] {
  const entries = list.split(',').map((entry) => entry.trim());
  return entries.filter(Boolean).map((entry) => {
    if (NAMES.includes(entry)) return { name: entry };
    const cidr = readNetwork(entry);
    if (cidr === undefined)
      throw new TypeError(`has "${entry}"; it must be addresses, ranges (10.0.0.0/8), ${NAMES.join(' or ')}`);
    return { cidr };
  });
}
