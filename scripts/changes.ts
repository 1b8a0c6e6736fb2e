// npm run changes: what clients changed in the vault, and bringing it back, beside a loop-api that runs or does not.
// Needs nothing of loop-auth's code: loop-api's image has it.
import { parseConfig } from '../api/config.ts';
import { showChange } from '../api/vault/changes/undoing/before-after.ts';
import { ChangeHistory } from '../api/vault/changes/undoing/history.ts';
import type { ChangeUndoer, UndoOutcome } from '../api/vault/changes/undoing/undo.ts';
import { findRoot } from '../api/vault/root.ts';
import { type Order, readOrder } from './changes/arguments.ts';
import { createPrinting, type Failure } from './changes/printing.ts';
import { openUndoer } from './changes/undoer.ts';
import { terminalLanguage } from './operator/terminal.ts';

const printing = createPrinting(terminalLanguage(process.env));
const operator = { client: { id: 'operator', name: 'operator' }, account: { id: 'operator' } };

const order = readOrder(process.argv.slice(2));
if (order === undefined) {
  console.error(printing.usage());
  process.exit(2);
}
process.exit(await run(order).catch(explain));

function run(given: Order): Promise<number> {
  if (given.name === 'list') return list(given);
  return given.name === 'show' ? show(given) : undo(given);
}

/** Resolves to the exit code. */
async function list({ isJson, filter }: Extract<Order, { name: 'list' }>): Promise<number> {
  const { vaultDirectory } = parseConfig(process.env);
  const changes = await new ChangeHistory(await findRoot(vaultDirectory)).findAll(filter);
  if (isJson) say({ changes: changes.map(printing.changeToJson) });
  else if (changes.length === 0) console.log(printing.nothing());
  else for (const change of changes) console.log(printing.changeToText(change));
  return 0;
}

async function show({ isJson, id }: Extract<Order, { name: 'show' }>): Promise<number> {
  const root = await findRoot(parseConfig(process.env).vaultDirectory);
  const shown = await showChange(root, new ChangeHistory(root), { id });
  if (shown === undefined) return refuse(printing.missing(), 'missing', isJson);
  const { change, notes } = shown;
  if (isJson) say({ change: printing.changeToJson(change), notes: notes.map(printing.noteToJson) });
  else console.log([printing.changeToText(change), ...notes.map(printing.noteToText)].join('\n'));
  return 0;
}

async function undo(given: Extract<Order, { name: 'undo' }>): Promise<number> {
  const { undoer, close } = await openUndoer(parseConfig(process.env));
  try {
    return await tell(undoAsked(undoer, given), given.isJson);
  } finally {
    await close();
  }
}

async function* undoAsked(
  undoer: ChangeUndoer,
  given: Extract<Order, { name: 'undo' }>,
): AsyncGenerator<UndoOutcome> {
  if ('id' in given) yield undoer.undoChange(given.id, { cause: operator, asCopy: given.asCopy });
  else yield* undoer.undoAll(given.filter, { cause: operator });
}

/** What was done before something fails stays done, and is told. */
async function tell(undoing: AsyncIterable<UndoOutcome>, isJson: boolean): Promise<number> {
  const outcomes: UndoOutcome[] = [];
  let failed: Failure | undefined;
  try {
    for await (const outcome of undoing) {
      outcomes.push(outcome);
      if (!isJson) console.log(printing.outcomeToText(outcome));
    }
  } catch (error) {
    failed = printing.failure(error);
  }
  const isFine = failed === undefined && outcomes.every(({ refused }) => refused.length === 0);
  if (isJson) sayOutcomes(outcomes, isFine, failed);
  else if (failed) console.error(failed.message);
  else if (outcomes.length === 0) console.log(printing.nothing());
  return isFine ? 0 : 1;
}

function sayOutcomes(outcomes: readonly UndoOutcome[], ok: boolean, error: Failure | undefined): void {
  say({ ok, outcomes: outcomes.map(printing.outcomeToJson), ...(error ? { error } : {}) });
}

function say(answer: unknown): void {
  console.log(JSON.stringify(answer, undefined, 2));
}

function refuse(message: string, reason: string, isJson: boolean): number {
  if (isJson) say({ ok: false, error: { reason, message } });
  else console.error(message);
  return 1;
}

/** Bad settings, a folder that is not there, and what the disk says. */
function explain(error: unknown): number {
  const { reason, message } = printing.failure(error);
  return refuse(message, reason, order?.isJson === true);
}
