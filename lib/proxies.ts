import ipaddr from 'ipaddr.js';

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
    if (ipaddr.isValidCIDR(entry)) return { cidr: entry };
    const isAddress = ipaddr.IPv6.isValid(entry) || ipaddr.IPv4.isValidFourPartDecimal(entry);
    if (!isAddress)
      throw new TypeError(`has "${entry}"; it must be addresses, ranges (10.0.0.0/8), ${NAMES.join(' or ')}`);
    return { cidr: `${entry}/${entry.includes(':') ? 128 : 32}` };
  });
}
