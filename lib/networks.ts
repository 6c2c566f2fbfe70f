import ipaddr from 'ipaddr.js';

/** An entry as a range, also one that is a single address; undefined for what is neither. */
export function readNetwork(entry: string): string | undefined {
  if (ipaddr.isValidCIDR(entry)) return entry;
  const isAddress = ipaddr.IPv6.isValid(entry) || ipaddr.IPv4.isValidFourPartDecimal(entry);
  return isAddress ? `${entry}/${entry.includes(':') ? 128 : 32}` : undefined;
}

/**
 * Reads a list as `10.1.0.0/16, 2001:db8::5`.
 * @throws TypeError naming the entry that is neither an address nor a range
 */
export function readNetworks(list: string): string[] {
  const entries = list.split(',').map((entry) => entry.trim());
  return entries.filter(Boolean).map((entry) => {
    const network = readNetwork(entry);
    if (network === undefined)
      throw new TypeError(
        `has "${entry}"; it must be addresses and ranges (10.0.0.0/8), separated by commas`,
      );
    return network;
  });
}

/** Whether an address is in a range that readNetwork returned. */
export function isInNetwork(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = ipaddr.parseCIDR(network);
  return base.kind() === address.kind() && address.match([base, bits] as never);
}
