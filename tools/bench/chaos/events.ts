import { setTimeout as delay } from 'node:timers/promises';
import type { Pgbouncer } from '../../postgres/pgbouncer.ts';
import type { TcpProxy } from './proxy.ts';
import type { Servers } from './servers.ts';

/** What stands between the programs and the data. */
export interface Stage {
  servers: Servers;
  pgbouncer: Pgbouncer;
  /** Before PgBouncer, where the API comes in, and before the address, where the worker does: the network that fails. */
  network: TcpProxy[];
  /** Before the server: the address that moves. */
  address: TcpProxy;
  /** Milliseconds that the network fails. */
  outage: number;
}

export interface Event {
  name: string;
  /** Returns when whatever was taken away is back. */
  run(stage: Stage): Promise<void>;
}

/** What happens, in turn. */
export const EVENTS: readonly Event[] = [
  { name: 'restart (fast)', run: ({ servers }) => servers.restart() },
  { name: 'kill -9 of the postmaster', run: ({ servers }) => servers.crash() },
  {
    name: 'failover to the standby',
    async run({ servers, address }) {
      await servers.failOver();
      address.moveTo(servers.primary().port);
    },
  },
  { name: 'restart of PgBouncer', run: ({ pgbouncer }) => pgbouncer.restart() },
  {
    name: 'network that hangs',
    async run({ network, outage }) {
      for (const each of network) each.hold();
      await delay(outage);
      for (const each of network) each.release();
    },
  },
  {
    name: 'network that loses its connections',
    async run({ network, outage }) {
      for (const each of network) each.lose();
      await delay(outage);
      for (const each of network) each.release();
    },
  },
];
