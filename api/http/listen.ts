import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ColloquyError, errorCode } from '../../lib/errors.ts';

/**
 * Takes an address.
 * @returns the URL that it is reached under
 * @throws ColloquyError CQ010 when the address cannot be had
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = errorCode(error);
      if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return reject(error);
      const why = {
        EADDRINUSE: 'is in use',
        EACCES: 'may not be used',
        EADDRNOTAVAIL: 'is not an address of this machine',
      };
      reject(
        new ColloquyError('CQ010', `${host}:${port} ${why[code]}`, {
          hint: 'Choose another port with --port or PORT, another address with --host or HOST, or stop what listens there.',
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}
