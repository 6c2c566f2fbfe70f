import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { isInNetwork } from '../lib/networks.ts';

/** An address to which nothing is sent. Its message is for whoever made the webhook. */
export class ForbiddenAddress extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ForbiddenAddress';
  }
}

/** Addresses by name of host. */
export type Resolve = (host: string) => Promise<string[]>;

/** The only part of IPv6 that is given out; the library calls more of it unicast. */
const GLOBAL_IPV6 = '2000::/3';

/** Public addresses that are services of the machine's own cloud. */
const CLOUD = ['168.63.129.16/32'];

/** Asks the name servers, never the threads that everybody's files wait for, and no file of names of this machine. */
export const resolveByDns: Resolve = async (host) => {
  if (/^localhost\.?$/i.test(host)) return ['127.0.0.1', '::1'];
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length === 0) throw new Error(`the name ${host} leads nowhere`);
  return addresses;
};

/**
 * The addresses that a webhook may connect to: all those of its host, or none. Public ones by https, at port 443 or from 1024 on;
 * those of the networks that the operator allows at any port; http only to this machine, where it is allowed.
 * @param networks  of WEBHOOK_ALLOWED_NETWORKS
 * @throws ForbiddenAddress
 */
export async function allowedAddresses(
  url: URL,
  networks: readonly string[],
  resolve: Resolve = resolveByDns,
): Promise<string[]> {
  // decimal, octal and hexadecimal numbers are IPv4 addresses in a URL by now
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) ? [host] : await resolve(host);
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  for (const text of addresses) {
    // IPv4 that is written as IPv6 is IPv4
    const address = ipaddr.process(text);
    const isAllowed = networks.some((network) => isInNetwork(address, network));
    const isGlobal = address.kind() === 'ipv4' || isInNetwork(address, GLOBAL_IPV6);
    const isPublic =
      address.range() === 'unicast' && isGlobal && !CLOUD.some((network) => isInNetwork(address, network));
    if (!isAllowed && !isPublic)
      throw new ForbiddenAddress('The address leads into a network that is not public.');
    if (url.protocol !== 'https:' && address.range() !== 'loopback')
      throw new ForbiddenAddress('The address is not https.');
    if (!isAllowed && port !== 443 && port < 1024)
      throw new ForbiddenAddress(`Port ${port} cannot be used: 443, or one from 1024 on.`);
  }
  return addresses;
}
