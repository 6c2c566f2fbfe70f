import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ignore from 'ignore';
import { projectFolder } from '../../lib/migrations.ts';

/** The user that the image runs as: `node`, who owns nothing of the program. */
export const NODE_USER = 1000;

export interface Instruction {
  name: string;
  text: string;
}

/** The instructions of the Dockerfile, in their order. */
export function instructions(): Instruction[] {
  const lines = readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines.filter(Boolean).map((line) => {
    const [, name, text] = /^([A-Z]+) (.*)$/.exec(line)!;
    return { name: name!, text: text! };
  });
}

export const textsOf = (name: string): string[] =>
  instructions().flatMap((one) => (one.name === name ? [one.text] : []));

/** The command of an instruction in its JSON form, behind options if it has any. */
export const commandOf = (name: string): [string, ...string[]] =>
  JSON.parse(/\[.*\]$/.exec(textsOf(name).at(-1)!)![0]);

/** What the image sets in the environment. */
export const environment = (): Record<string, string> =>
  Object.fromEntries(textsOf('ENV').flatMap((text) => text.split(' ').map((one) => one.split('='))));

/** The files that Docker gets to see, below the project folder: all patterns of .dockerignore begin at its root. */
export function contextFiles(): string[] {
  const patterns = readFileSync(join(projectFolder, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.replace(/^(!?)\/?/, '$1/'));
  const ignored = ignore().add(patterns);
  const walk = (folder: string): string[] =>
    readdirSync(join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (ignored.ignores(entry.isDirectory() ? `${path}/` : path)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk('');
}

/** A second name for a file, or, on another disk, a copy. */
function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

interface Lock {
  packages: Record<string, { dev?: boolean }>;
}

/** node_modules as `npm ci --omit=dev` leaves it, from those that are installed. */
function placeModules(app: string): void {
  const lock: Lock = JSON.parse(readFileSync(join(projectFolder, 'node_modules/.package-lock.json'), 'utf8'));
  const shipped = Object.entries(lock.packages).filter(([, entry]) => !entry.dev);
  for (const [path] of shipped) {
    const from = join(projectFolder, path);
    if (!existsSync(from)) continue;
    const walk = (folder: string): void => {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const source = join(folder, entry.name);
        // packages below this one have entries of their own
        if (entry.isDirectory() && !(folder === from && entry.name === 'node_modules')) walk(source);
        else if (entry.isFile()) place(source, join(app, path, relative(from, source)));
      }
    };
    walk(from);
  }
  const record = { ...lock, packages: Object.fromEntries(shipped) };
  writeFileSync(join(app, 'node_modules/.package-lock.json'), JSON.stringify(record));
}

export interface Image {
  /** What WORKDIR is in the image. */
  app: string;
  /** What the commands run with, as the image says, but for the folder and the port. */
  env: NodeJS.ProcessEnv;
  /** What is /logins in the image. */
  logins: string;
}

/**
 * The file system of the image below a folder, as far as this project makes it: what COPY copies, what RUN does,
 * and Node as the only program of its own. Readable for everybody, writable for root.
 */
export function buildImage(folder: string): Image {
  const app = join(folder, 'app');
  const data = join(folder, 'data');
  const logins = join(folder, 'logins');
  const bin = join(folder, 'bin');
  chmodSync(folder, 0o755);
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  chmodSync(compiled, 0o777);
  place(process.execPath, join(bin, 'node'));
  const files = contextFiles();
  const env = {
    ...environment(),
    PATH: `${bin}:${process.env.PATH}`,
    HOME: data,
    DATA_DIR: data,
    npm_config_cache: join(folder, 'npm'),
    // what one process has compiled, the next ones need not: nothing of the image
    NODE_COMPILE_CACHE: compiled,
  };
  for (const { name, text } of instructions()) {
    if (name === 'COPY') {
      const [target, ...sources] = text.split(/\s+/).reverse();
      for (const file of files) {
        const source = sources.find((one) => one === '.' || one === file);
        if (source === undefined) continue;
        const to = target!.endsWith('/') && target !== './' ? join(target!, file.split('/').at(-1)!) : file;
        if (!existsSync(join(app, to))) place(join(projectFolder, file), join(app, to));
      }
    }
    if (name === 'RUN') {
      // what npm would fetch is there already, so bootstrap.mjs only looks at it and leaves its stamp
      if (text.includes('bootstrap.mjs')) placeModules(app);
      const command = text
        .replaceAll('/data', data)
        .replaceAll('/logins', logins)
        .replaceAll('node:node', `${NODE_USER}:${NODE_USER}`);
      const { status, stderr } = spawnSync('sh', ['-ec', command], { cwd: app, env, encoding: 'utf8' });
      if (status !== 0) throw new Error(`RUN ${command}\n${stderr}`);
      if (/Installing/.test(stderr))
        throw new Error(`node_modules are not what npm would install:\n${stderr}`);
    }
  }
  return { app, env, logins };
}
