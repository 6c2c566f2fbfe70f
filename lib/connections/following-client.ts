import pg from 'pg';
import { parseAddress } from './addresses.ts';
import type { Servers } from './primary.ts';

/** Below the patience of a pool for a new connection, so that the reason is heard. */
const MARGIN = 500;

type Callback = (error: Error | null | undefined, client?: pg.Client) => void;

/** What of node-postgres is not in its types. */
interface Inside {
  host: string;
  port: number;
  _connect(callback: Callback): void;
  connection: { on(event: 'parameterStatus', listener: (status: Parameter) => void): void };
}
interface Parameter {
  parameterName: string;
  parameterValue: string;
}

/** A server that was the primary came back as a standby: nothing is wrong that another attempt does not mend. */
class NoPrimary extends Error {
  readonly code = '08006';
}

/**
 * A client that connects to whichever of several servers takes changes, and waits for one to begin to: while a standby is
 * promoted, requests wait for a connection, and do not fail.
 * @param patience  milliseconds that a pool gives a new connection
 */
export function followingClient({ addresses, finder }: Servers, patience: number): typeof pg.Client {
  const places = addresses.map((address) => {
    const { hostname, port } = parseAddress(address);
    return { host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'), port: Number(port || 5432) };
  });

  async function connectTo(client: pg.Client): Promise<void> {
    const index = await finder.find(Math.max(patience - MARGIN, 0));
    const inside = client as unknown as Inside;
    Object.assign(inside, places[index]);
    let isStandby = false;
    // said by the server before it is ready
    inside.connection.on('parameterStatus', ({ parameterName, parameterValue }) => {
      if (parameterName === 'in_hot_standby') isStandby = parameterValue === 'on';
    });
    try {
      await new Promise<void>((resolve, reject) => {
        inside._connect((error) => (error ? reject(error) : resolve()));
      });
      if (isStandby) throw new NoPrimary('This server is a standby now.');
    } catch (error) {
      finder.doubt(index);
      throw error;
    }
  }

  return class extends pg.Client {
    override connect(): Promise<pg.Client>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<pg.Client> | undefined {
      const connected = connectTo(this);
      if (!callback) return connected.then(() => this);
      connected.then(
        () => callback(undefined, this),
        (error: Error) => callback(error),
      );
      return undefined;
    }
  } as typeof pg.Client;
}
