import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { LRUCache } from 'lru-cache';
import { env } from '../lib/env.ts';
import { isInNetwork } from '../lib/networks.ts';
import type { ProxyRule } from '../lib/proxies.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Ranges that a name stands for. */
const NAMED: Record<string, readonly string[]> = {
  loopback: ['loopback'],
  private: ['private', 'uniqueLocal', 'linkLocal'],
};

/** What an address is written as at most, with its zone and port. Nothing longer is remembered. */
const LONGEST = 64;
const parsed = new LRUCache<string, { address: Address | undefined }>({ max: 10_000 });

/** An address without its zone and port, IPv4 as IPv4 also where it is written as IPv6; undefined for anything else. */
function parse(text: string): Address | undefined {
  if (text.length > LONGEST) return read(text);
  const known = parsed.get(text) ?? { address: read(text) };
  parsed.set(text, known);
  return known.address;
}

function read(text: string): Address | undefined {
  const plain = text
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1')
    .replace(/%.*$/, '');
  // the library also reads 127.1 and 0x7f000001, which a proxy never writes
  const isWritten = plain.includes(':')
    ? ipaddr.IPv6.isValid(plain)
    : ipaddr.IPv4.isValidFourPartDecimal(plain);
  return isWritten ? ipaddr.process(plain) : undefined;
}

function matches(address: Address, rule: ProxyRule): boolean {
  if ('name' in rule) return NAMED[rule.name]!.includes(address.range());
  return isInNetwork(address, rule.cidr);
}

interface Origin {
  address: string;
  /** Whether the other end of the socket is a proxy that is trusted. */
  isProxied: boolean;
  isHttps: boolean;
}

const origins = new WeakMap<IncomingMessage, Origin>();

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/**
 * Reads where a request comes from: the other end of its socket; where that is a trusted proxy, what it appended to
 * X-Forwarded-For, and so on from the right, as long as it is one that is trusted. What a client wrote there itself stands
 * further left, and is never reached. An entry that is no address ends the walk: the proxy that wrote it counts.
 */
export function readOrigin(
  request: IncomingMessage,
  proxies: readonly ProxyRule[] = env.TRUSTED_PROXIES,
): Origin {
  const isTrusted = (address: Address) => proxies.some((rule) => matches(address, rule));
  let address = parse(request.socket.remoteAddress ?? '');
  const isProxied = address !== undefined && isTrusted(address);
  const hops = header(request, 'x-forwarded-for').split(',');
  while (address && isTrusted(address) && hops.length > 0) {
    const hop = parse(hops.pop()!);
    if (!hop) break;
    address = hop;
  }
  const protocol = isProxied ? header(request, 'x-forwarded-proto').split(',').at(-1)?.trim() : undefined;
  const isHttps = protocol === 'https' || 'encrypted' in request.socket;
  const origin = { address: address?.toString() ?? '', isProxied, isHttps };
  origins.set(request, origin);
  return origin;
}

/** The address that a request comes from, as inet reads it; empty when its socket was gone before it was looked at. */
export function clientAddress(request: IncomingMessage): string {
  return (origins.get(request) ?? readOrigin(request)).address;
}

/** Whether the client's end of a request is https: as the trusted proxy says. */
export function isHttps(request: IncomingMessage): boolean {
  return (origins.get(request) ?? readOrigin(request)).isHttps;
}

/** Whether an address is one of a trusted proxy. */
export function isTrustedProxy(
  address: string,
  proxies: readonly ProxyRule[] = env.TRUSTED_PROXIES,
): boolean {
  const parsed = parse(address);
  return parsed !== undefined && proxies.some((rule) => matches(parsed, rule));
}

/**
 * What limits per address count by: an IPv4 address, and the first 64 bits of an IPv6 one, which is what one customer is given:
 * whoever has such a network has all its addresses.
 */
export function addressKey(address: string): string {
  const parsed = parse(address);
  if (!parsed || parsed.kind() === 'ipv4') return parsed?.toString() ?? address;
  const prefix = (parsed as ipaddr.IPv6).parts.slice(0, 4);
  return `${new ipaddr.IPv6([...prefix, 0, 0, 0, 0]).toString()}/64`;
}
