// oidc-provider's Adapter for every model but clients and refresh tokens, which have rules of their own.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { replaySeconds } from '../bounds.ts';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import type { Row, Value, Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { change, currentUnit } from '../database/unit-of-work.ts';
import { createModelTable, type ModelName, type ModelTable } from './tables.ts';

export class ModelAdapter implements Adapter {
  readonly #database: Database;
  readonly #model: ModelName;
  readonly #table: ModelTable;
  readonly #alreadyUsed: () => Error;

  /** `alreadyUsed` makes the error of a code that lost the race to be exchanged (RFC 6749 section 4.1.2). */
  constructor(database: Database, model: ModelName, alreadyUsed: () => Error) {
    this.#database = database;
    this.#model = model;
    this.#table = createModelTable(database, model);
    this.#alreadyUsed = alreadyUsed;
  }

  /** Grant ids and session uids never leave the server as credentials and are looked up by value; all else is hashed. */
  protected keyOf(id: string): string {
    return this.#model === 'Grant' ? id : hashOpaque(id);
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const key = this.keyOf(id);
    const stored = JSON.stringify(withoutLiveIds(payload, id));
    const values: Record<string, Value> = {
      id: key,
      payload: stored,
      expires_at: expiresIn === undefined ? null : epochSeconds() + keptSeconds(this.#model, expiresIn),
      now: epochSeconds(),
    };
    for (const [column, field] of Object.entries(this.#table.columns)) {
      values[column] = (payload[field] as Value | undefined) ?? null;
    }
    const unit = currentUnit();
    unit?.see(`${this.#model} ${key}`, stored);
    if (payload.uid !== undefined) unit?.see(`${this.#model} uid ${payload.uid}`, key);
    await this.save({ statement: this.#table.upsert, values }, payload);
  }

  protected async save(write: Write, payload: AdapterPayload): Promise<void> {
    await change(this.#database, [write, ...this.writesBeside(payload)]);
  }

  /** What else changes in the transaction that saves the payload. */
  protected writesBeside(_payload: AdapterPayload): Write[] {
    return [];
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = this.keyOf(id);
    const payload = await this.#findStored(key);
    const unit = currentUnit();
    if (!payload || unit?.noted(`${this.#model}s of ${payload.grantId} revoked`)) return undefined;
    if (unit?.noted(`${this.#model} ${key} used`)) payload.consumed = true;
    return withLiveIds(payload, id);
  }

  async #findStored(key: string): Promise<AdapterPayload | undefined> {
    const seen = currentUnit()?.seen(`${this.#model} ${key}`);
    if (seen !== undefined) return seen === null ? undefined : (JSON.parse(seen) as AdapterPayload);
    return this.read(key);
  }

  /** Reads the stored row, whatever this request has done to it. */
  protected async read(key: string): Promise<AdapterPayload | undefined> {
    const row = await this.#database.first(this.#table.find, { id: key });
    return row && parsePayload(row);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    if (!this.#table.findByUid) return undefined;
    const unit = currentUnit();
    const key = unit?.seen(`${this.#model} uid ${uid}`);
    if (typeof key === 'string') return this.#findStored(key);
    const row = await this.#database.first(this.#table.findByUid, { uid });
    if (!row || unit?.seen(`${this.#model} ${row['id']}`) === null) return undefined;
    return parsePayload(row);
  }

  async consume(id: string): Promise<void> {
    if (!this.#table.consume) throw new TypeError(`a ${this.#model} is not consumed`);
    const key = this.keyOf(id);
    currentUnit()?.note(`${this.#model} ${key} used`);
    const values = { id: key, now: epochSeconds() };
    await change(this.#database, [{ statement: this.#table.consume, values, otherwise: this.#alreadyUsed }]);
  }

  async destroy(id: string): Promise<void> {
    const key = this.keyOf(id);
    currentUnit()?.see(`${this.#model} ${key}`, null);
    await change(this.#database, [{ statement: this.#table.destroy, values: { id: key } }], true);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const statement = this.#table.revokeByGrantId;
    if (!statement) return;
    currentUnit()?.note(`${this.#model}s of ${grantId} revoked`);
    await change(this.#database, [{ statement, values: { grantId } }], true);
  }

  /** Only device codes have one (device-code.ts). */
  async findByUserCode(_userCode: string): Promise<AdapterPayload | undefined> {
    return undefined;
  }
}

// A client says itself how long its assertion is valid, in fractions of seconds if it likes.
function keptSeconds(model: ModelName, expiresIn: number): number {
  return model === 'ReplayDetection' ? Math.min(Math.ceil(expiresIn), replaySeconds) : expiresIn;
}

export function parsePayload(row: Row): AdapterPayload {
  const payload = JSON.parse(String(row['payload'])) as AdapterPayload;
  if (row['used_at'] !== null && row['used_at'] !== undefined) payload.consumed = row['used_at'];
  return payload;
}

const uidPlaceholder = '{uid}';

// An interaction carries the session cookie and its own id inside returnTo: both would be live credentials at rest.
function withoutLiveIds({ jti: _, userCode: __, ...payload }: AdapterPayload, id: string): AdapterPayload {
  const { returnTo, session } = payload as { returnTo?: string; session?: Record<string, unknown> | null };
  if (typeof returnTo === 'string') payload['returnTo'] = returnTo.replaceAll(id, uidPlaceholder);
  if (session) {
    const { cookie: ___, ...rest } = session;
    payload['session'] = rest;
  }
  return payload;
}

function withLiveIds(payload: AdapterPayload, id: string): AdapterPayload {
  const { returnTo } = payload as { returnTo?: string };
  if (typeof returnTo === 'string') payload['returnTo'] = returnTo.replaceAll(uidPlaceholder, id);
  return { ...payload, jti: id };
}
