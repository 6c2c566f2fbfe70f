import { availableParallelism, totalmem } from 'node:os';

/** What the advice follows from. */
export interface Machine {
  memoryMb: number;
  cpus: number;
  storage: 'ssd' | 'hdd';
  /** Connections that processes of Colloquy and others open at most. */
  connections: number;
  /** Megabytes that the largest build of a vector index needs. */
  vectorBuildMb: number;
  databaseMb: number;
  /** Libraries that the server loads at its start, and whether pg_stat_statements could be among them. */
  preloaded: string[];
  hasStatements: boolean;
  /** Whether the server can compress its log with lz4. */
  hasLz4: boolean;
}

/** This machine, where the server is on it. */
export const ownMachine = (): Pick<Machine, 'memoryMb' | 'cpus'> => ({
  memoryMb: Math.floor(totalmem() / 2 ** 20),
  cpus: availableParallelism(),
});
