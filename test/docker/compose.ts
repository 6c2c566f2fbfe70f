import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectFolder } from '../../lib/migrations.ts';

export interface Service {
  image: string;
  command?: string[];
  environment: Record<string, string | null>;
  volumes?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
}

interface Compose {
  'x-not-passed': Record<string, string>;
  services: Record<string, Service>;
}

/** compose.yaml, its variables filled in as Docker does: ${NAME:-default}, one within the other. */
export function readCompose(variables: Record<string, string> = {}): Compose {
  const fill = (text: string): string => {
    const filled = text.replaceAll(
      /\$\{(\w+)(?::-([^${}]*))?\}/g,
      (_, name: string, otherwise = '') => variables[name] || otherwise,
    );
    return filled === text ? text : fill(filled);
  };
  return parse(fill(readFileSync(join(projectFolder, 'compose.yaml'), 'utf8')), { merge: true });
}

/** What a service's process gets: a name without a value comes from the variables, or not at all. */
export function environmentOf(service: Service, variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment).flatMap(([name, value]) => {
      const given = value ?? variables[name];
      return given === undefined ? [] : [[name, given]];
    }),
  );
}
