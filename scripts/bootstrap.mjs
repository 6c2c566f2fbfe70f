// Makes `npm start` (and test, check, …) work in a fresh clone: npm runs this file before each of those scripts, under
// whatever Node the machine has, before anything is installed. So: plain JavaScript, no dependency, Node 20 or later.
//
// It installs the locked dependencies when node_modules is missing, stale or was left half-way, among them the package
// `node`, which carries the Node 24 that runs the rest of the project: npm puts node_modules/.bin first on PATH, so the
// main script finds it even though this one ran under an older Node. When all is fresh, it only compares a stamp.
//
// The scripts begin with `exec`, so that their shell becomes the program: a signal to npm then reaches it, and npm waits
// for its end. cmd.exe has no such word, so it is given one.
//
// Options: --verbose (show npm's output), --omit=dev (what the Dockerfile uses; the machine's own Node must then do).
// It must never change package.json or package-lock.json.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const OLDEST_NODE = 20;
/** A lock whose holder has not touched it for this long is abandoned, even if its process id is in use again. */
const LOCK_ABANDONED_MS = 30_000;

const root = process.cwd();
const modules = join(root, 'node_modules');
const stampFile = join(modules, '.colloquy-installed');
const installedLock = join(modules, '.package-lock.json');
const lockFolder = join(root, '.cache', 'install.lock');
const runtime =
  process.platform === 'win32' ? join(modules, 'node', 'bin', 'node.exe') : join(modules, '.bin', 'node');

const notWritable = `Make ${root} writable for this user, or clone it elsewhere.`;
const major = Number(process.versions.node.split('.')[0]);
const production = process.env.NODE_ENV === 'production';
const verbose =
  process.argv.includes('--verbose') || ['verbose', 'silly'].includes(process.env.npm_config_loglevel ?? '');

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text, hint) {
  release();
  say(`✗ ${text}\n  → ${hint}`);
  process.exit(1);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // missing, or cut off by a killed install: both mean "install"
  }
}

function fingerprint(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.size}:${Math.floor(stat.mtimeMs / 1000)}` : 'missing'; // image layers keep whole seconds
}

/** What must not have changed since the stamp was written. The runtime is only looked at, not run: that takes 40 ms. */
function currentState() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)));
  return {
    manifest: hash.digest('hex'),
    installed: fingerprint(installedLock),
    runtime: fingerprint(runtime),
    platform: `${process.platform}-${process.arch}`,
  };
}

/** Why node_modules cannot be used as it is, or undefined when it can. */
function staleness(wantDev) {
  if (!existsSync(modules)) return 'first start';
  const stamp = readJson(stampFile);
  if (!stamp) return 'no finished installation found';
  const state = currentState();
  if (stamp.platform !== state.platform) return `installed for ${stamp.platform}`;
  if (stamp.manifest !== state.manifest) return 'package.json or package-lock.json changed';
  if (stamp.installed !== state.installed) return 'node_modules changed';
  if (stamp.runtime !== state.runtime) return 'the Node runtime in node_modules changed';
  if (wantDev && !stamp.dev) return 'development dependencies are missing';
  return undefined;
}

function runs(program) {
  return existsSync(program) && spawnSync(program, ['--version'], { timeout: 20_000 }).status === 0;
}

/** True when node_modules already holds what the lock file asks for: somebody ran npm by hand. */
function matchesLockFile(wantDev) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  const present = readJson(installedLock)?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link) return true;
    const found = existsSync(join(root, path)) ? present[path] : undefined;
    if (!found) return entry.optional || entry.devOptional || (entry.dev && !wantDev);
    return found.version === entry.version;
  });
}

function writeStamp(dev) {
  writeFileSync(stampFile, `${JSON.stringify({ ...currentState(), dev })}\n`);
}

/** The machine's npm and Node, not those in the node_modules that are about to be replaced. */
function outsideEnvironment() {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const folders = (process.env[key] ?? '').split(delimiter);
  const outside = folders.filter((folder) => !/node_modules[\\/]\.bin[\\/]?$/.test(folder));
  return { ...process.env, [key]: outside.join(delimiter) };
}

let child;

/** Runs a command to its end; its output is shown at once with --verbose, else returned. */
function run(command, args, cwd) {
  return new Promise((resolve) => {
    let output = '';
    child = spawn(command, args, {
      cwd,
      env: outsideEnvironment(),
      stdio: verbose ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/** Says in one line what npm's output means, and what to do. */
function explain(output) {
  if (/ENOENT.*\bnpm\b|spawn npm/.test(output)) {
    return ['npm was not found.', 'Install Node.js with npm (nodejs.org), then try again.'];
  }
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output)) {
    return [
      'The npm registry could not be reached: the dependencies are not installed.',
      'Check the network and the proxy settings (`npm ping`), then run the same command again.',
    ];
  }
  if (/EUSAGE|can only install packages when/.test(output)) {
    return [
      'package.json and package-lock.json do not agree.',
      'Run `npm install` and commit the lock file, or restore both files from git.',
    ];
  }
  if (/ENOSPC/.test(output)) return ['The disk is full.', 'The dependencies need about 1 GB.'];
  if (/EACCES|EPERM/.test(output)) {
    return ['npm may not write here.', notWritable];
  }
  return ['`npm ci` failed; its output is above.', 'Run `node scripts/bootstrap.mjs --verbose` to watch it.'];
}

async function ensureRuntime(dev) {
  if (!dev || runs(runtime)) return;
  // npm did not run the package's install script (npm 12 without approval, or ignore-scripts): do what it does.
  const folder = join(modules, 'node');
  let output = '';
  if (existsSync(join(folder, 'installArchSpecificPackage.js'))) {
    const node = existsSync(process.execPath) ? process.execPath : 'node'; // it may have been the one just replaced
    ({ output } = await run(node, ['installArchSpecificPackage.js'], folder));
    const program = join(folder, 'bin', 'node');
    // npm links no program that is not there yet.
    if (!existsSync(runtime) && existsSync(program)) symlinkSync(join('..', 'node', 'bin', 'node'), runtime);
    if (runs(runtime)) return;
  }
  if (major >= neededMajor()) {
    rmSync(runtime, { force: true }); // it would come first on PATH; the machine's own Node is good enough
    return;
  }
  if (output) say(output.trimEnd());
  fail(
    `The package \`node\` did not install Node ${neededMajor()} for ${process.platform}-${process.arch}.`,
    `Install Node ${neededMajor()} or later on this machine, then run the same command again.`,
  );
}

function neededMajor() {
  const version = readJson(join(root, 'package.json'))?.devDependencies?.node ?? '24';
  return Number.parseInt(version, 10);
}

async function install(reason, dev) {
  say(`Installing dependencies (${reason}); this takes about a minute …`);
  rmSync(stampFile, { force: true });
  const started = Date.now();
  // Engines: the machine's Node may be older than the one that will run the project, so npm must not insist.
  const args = [
    'ci',
    dev ? '--include=dev' : '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--engine-strict=false',
  ];
  const result = await run('npm', args, root);
  if (!result.ok) {
    if (result.output) say(result.output.trimEnd());
    fail(...explain(result.output));
  }
  await ensureRuntime(dev);
  writeStamp(dev);
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

// One installation at a time. The lock is a folder because making one is atomic; it lies outside node_modules, which
// `npm ci` empties, and names its holder so that a killed one is noticed.
const token = `${process.pid} ${randomUUID()}`;
let heartbeat;

function holder() {
  try {
    return readFileSync(join(lockFolder, 'holder'), 'utf8');
  } catch {
    return undefined;
  }
}

function abandoned(name) {
  const stat = statSync(lockFolder, { throwIfNoEntry: false });
  if (!stat) return false;
  if (Date.now() - stat.mtimeMs > LOCK_ABANDONED_MS) return true;
  if (name === undefined) return false; // just made; its holder has not signed yet
  try {
    process.kill(Number.parseInt(name, 10), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function release() {
  clearInterval(heartbeat);
  if (holder() === token) rmSync(lockFolder, { recursive: true, force: true });
}

/** Takes away a lock that nobody holds any more; a lock that changed hands meanwhile is put back. */
function removeAbandoned(name) {
  const aside = `${lockFolder}.${randomUUID()}`;
  try {
    renameSync(lockFolder, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  let moved;
  try {
    moved = readFileSync(join(aside, 'holder'), 'utf8');
  } catch {
    moved = undefined;
  }
  if (moved === name) rmSync(aside, { recursive: true, force: true });
  else renameSync(aside, lockFolder);
}

async function acquire() {
  try {
    mkdirSync(join(root, '.cache'), { recursive: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
    fail('The dependencies must be installed, and this folder is not writable.', notWritable);
  }
  let told = false;
  for (;;) {
    try {
      mkdirSync(lockFolder);
      writeFileSync(join(lockFolder, 'holder'), token);
      heartbeat = setInterval(() => {
        try {
          utimesSync(lockFolder, new Date(), new Date());
        } catch {
          clearInterval(heartbeat); // somebody removed the folder: nothing left to keep alive
        }
      }, 5_000);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const name = holder();
    if (abandoned(name)) {
      removeAbandoned(name);
      continue;
    }
    if (!told) say('Another process is installing the dependencies; waiting for it …');
    told = true;
    await delay(200);
  }
}

if (major < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old: Colloquy needs Node ${OLDEST_NODE} or later to install itself.`,
    'Install a current Node.js (nodejs.org, or your system’s packages), then run the same command again.',
  );
}

const omitDev = process.argv.includes('--omit=dev') || (production && major >= neededMajor());
if (staleness(!omitDev) !== undefined) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const end = () => {
        release();
        process.exit(130);
      };
      if (!child || child.exitCode !== null || child.signalCode !== null) end();
      child.once('close', end); // npm first: the next one to take the lock must not meet it
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), 3_000); // npm may first finish what it unpacks; nobody waits for that
    });
  }
  await acquire();
  try {
    const reason = staleness(!omitDev); // again: whoever held the lock may have done the work
    if (reason !== undefined) {
      if (matchesLockFile(!omitDev) && (omitDev || runs(runtime))) writeStamp(!omitDev);
      else await install(reason, !omitDev);
    }
  } finally {
    release();
  }
}
if (process.platform === 'win32') writeFileSync(join(modules, '.bin', 'exec.cmd'), '@%*\r\n');
