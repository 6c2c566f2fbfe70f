import { isIP } from 'node:net';

export type HostCheck = (host: string | undefined) => boolean;

/** The name in a Host header: without its port, in lower case. */
function nameOf(host: string): string {
  const name = host.trim().toLowerCase();
  if (isIP(name) === 6) return name;
  return name
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

const isLoopbackName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost');

/** Whether a server that listens there is reached from its own machine only. */
export function isLoopback(host: string): boolean {
  const name = nameOf(host);
  return isLoopbackName(name) || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name);
}

/**
 * Tells whether a request came under a name of this server. A page can have its own name resolve to 127.0.0.1 (DNS rebinding) and
 * then read what a browser's machine serves, as if it were its own origin; the name in Host gives it away. An address is no
 * name: a browser sends it only to that address.
 * @param allowed  names, *.name for all below one, * for all. Default: the names of loopback, where the server listens there for its
 *   own machine; else all, since a server does not know its names, nor what a proxy calls it
 */
export function hostCheck(
  listensOn: string,
  allowed: readonly string[] | undefined,
  publicUrl: string | undefined,
): HostCheck {
  const isPrivate = isLoopback(listensOn) && (publicUrl === undefined || isLoopback(new URL(publicUrl).host));
  if (!allowed && !isPrivate) return () => true;
  const names = (allowed ?? []).map((name) => name.toLowerCase());
  if (names.includes('*')) return () => true;
  return (host) => {
    if (host === undefined) return true; // HTTP/1.0: no browser
    const name = nameOf(host);
    return (
      isIP(name) !== 0 ||
      isLoopbackName(name) ||
      names.some((entry) => (entry.startsWith('*.') ? name.endsWith(entry.slice(1)) : name === entry))
    );
  };
}
