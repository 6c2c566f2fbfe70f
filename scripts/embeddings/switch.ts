import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../lib/database.ts';
import { askModel, type Chosen, type ChosenModel } from '../../models/chosen.ts';
import { makeFirstVersion } from '../../models/first-version.ts';
import { evaluateBeside } from './evaluation.ts';
import { ownWorker } from './own-worker.ts';
import { progressLine, type Row, showEstimate, showEvaluation } from './show.ts';
import { activeOf, ask, CREATE, createValues, listVersions, patiently, progressOf } from './versions.ts';

export interface Switched {
  /** What to tell a person. */
  text: string;
  name: string;
  [key: string]: unknown;
}

export interface SwitchOptions {
  accept: boolean;
  dryRun: boolean;
  say: (text: string) => void;
}

/** Seconds between two lines of progress. */
const LINE_SECONDS = 10;

/** A name that no version has: the model's, with a number when it is taken. */
function freeName(versions: Row[], model: string): string {
  const taken = new Set(versions.map((version) => version.name));
  const base = model.slice(0, 90);
  for (let n = 2, name = base; ; n += 1) {
    if (!taken.has(name)) return name;
    name = `${base}-${n}`;
  }
}

const isOf = (version: Row, model: ChosenModel): boolean =>
  version.provider === model.provider &&
  version.model === model.model &&
  version.dimensions === model.dimensions &&
  version.native_dimensions === (model.native_dimensions ?? null) &&
  version.query_prefix === model.query_prefix &&
  version.passage_prefix === model.passage_prefix;

const cutsAs = (version: Row, chosen: Chosen): boolean =>
  version.chunk_size === (chosen.chunkSize ?? version.chunk_size) &&
  version.chunk_overlap === (chosen.chunkOverlap ?? version.chunk_overlap) &&
  version.chunking_method === (chosen.chunking ?? version.chunking_method);

/** Works on what a version is filled by, until it is complete. */
async function fill(database: Database, id: string, say: (text: string) => void): Promise<void> {
  const worker = await ownWorker(database);
  try {
    for (let said = 0; ; ) {
      const progress = await progressOf(database.pool('owner'), id);
      if (progress.is_complete) return;
      if (Date.now() - said > LINE_SECONDS * 1000) {
        said = Date.now();
        say(`${progressLine(progress)}${progress.paused ? `; waits: ${progress.paused}` : ''}`);
      }
      await delay(1000);
    }
  } finally {
    await worker?.stop();
  }
}

/**
 * From whatever model is active to the one that was chosen: makes its version, has it filled, evaluates and activates it.
 * Called again it goes on where it was.
 * @throws ColloquyError as askModel(), and what activating raises (CQ308, CQ309)
 */
export async function switchTo(
  database: Database,
  chosen: Chosen,
  { accept, dryRun, say }: SwitchOptions,
): Promise<Switched> {
  const owner = database.pool('owner');
  const model = await askModel(chosen);
  const versions = await listVersions(owner);
  const active = versions.find((version) => version.status === 'active');
  if (active && isOf(active, model) && cutsAs(active, chosen)) {
    return { text: `Searches use "${active.name}" already.`, name: String(active.name), isActive: true };
  }
  const existing = versions.find(
    (version) =>
      (version.status === 'building' || version.status === 'retired') &&
      isOf(version, model) &&
      cutsAs(version, chosen),
  );
  const name = existing ? String(existing.name) : freeName(versions, model.model);
  if (dryRun) {
    const estimate = await ask(owner, 'app_public.estimate_embedding_version(dimensions => $1)', [
      model.dimensions,
    ]);
    return {
      text: `Would ${existing ? 'go on with' : 'make'} "${name}" (${model.dimensions} dimensions):\n${showEstimate(estimate)}`,
      name,
      dryRun: true,
      ...model,
      estimate,
    };
  }
  const first = await makeFirstVersion(owner, chosen);
  if (first !== undefined)
    return { text: `Searches use "${first}" now: there was nothing to fill.`, name: first, isActive: true };
  const id = existing
    ? String(existing.id)
    : String(
        (await patiently(30, ['55P03'], () => ask(owner, CREATE, createValues(name, model, chosen)))).id,
      );
  say(`${existing ? 'Going on with' : 'Made'} "${name}"; it is filled behind new work.`);
  await fill(database, id, say);
  if (!accept && existing?.status !== 'retired') {
    const baseline = await activeOf(owner);
    const evaluation = await evaluateBeside(database, id, baseline);
    say(showEvaluation(evaluation, [name, String(active?.name)]));
  }
  const activated = await patiently(60, ['CQ302', 'CQ303', '55P03'], () =>
    ask(owner, 'app_public.activate_embedding_version($1, accept => $2)', [id, accept]),
  );
  const isCutOtherwise =
    active &&
    ['chunk_size', 'chunk_overlap', 'chunking_strategy'].some(
      (column) => JSON.stringify(active[column]) !== JSON.stringify(activated[column]),
    );
  return {
    text: [
      `Searches use "${activated.name}" now.`,
      ...(isCutOtherwise
        ? ['  → npm run embeddings -- recut, to have the documents that are there cut as it cuts']
        : []),
      '  → npm run embeddings -- rollback, to go back',
    ].join('\n'),
    name,
    isActive: true,
    id,
  };
}
