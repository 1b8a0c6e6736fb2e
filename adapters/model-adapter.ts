// oidc-provider's Adapter for every model but clients and refresh tokens, which have rules of their own.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Database } from './database.ts';
import { hashOpaque } from './hash.ts';
import { createModelTable, type ModelName, type ModelTable } from './model-tables.ts';
import type { Row, Value } from './statement.ts';
import { change, currentUnit } from './unit-of-work.ts';

/** Grant ids and session uids never leave the server as credentials and are looked up by value; all else is hashed. */
function storageId(model: string, id: string): string {
  return model === 'Grant' ? id : hashOpaque(id);
}

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

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const key = storageId(this.#model, id);
    const stored = withoutLiveIds(payload, id);
    const values: Record<string, Value> = {
      id: key,
      payload: JSON.stringify(stored),
      expires_at: expiresIn === undefined ? null : epochSeconds() + expiresIn,
    };
    for (const [column, field] of Object.entries(this.#table.columns)) {
      values[column] = (payload[field] as Value | undefined) ?? null;
    }
    currentUnit()?.see(`${this.#model} ${key}`, { ...stored });
    await change(this.#database, [{ statement: this.#table.upsert, values }]);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const key = storageId(this.#model, id);
    const seen = currentUnit()?.seen(`${this.#model} ${key}`);
    if (seen === null) return undefined;
    if (seen) return withLiveIds({ ...seen }, id);
    const row = await this.#database.first(this.#table.find, { id: key });
    return row && withLiveIds(parsePayload(row), id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    if (!this.#table.findByUid) return undefined;
    for (const seen of currentUnit()?.seenRows() ?? []) if (seen?.['uid'] === uid) return { ...seen };
    const row = await this.#database.first(this.#table.findByUid, { uid });
    return row && parsePayload(row);
  }

  async consume(id: string): Promise<void> {
    if (!this.#table.consume) throw new TypeError(`a ${this.#model} is not consumed`);
    const values = { id: storageId(this.#model, id), now: epochSeconds() };
    await change(this.#database, [{ statement: this.#table.consume, values, otherwise: this.#alreadyUsed }]);
  }

  async destroy(id: string): Promise<void> {
    const key = storageId(this.#model, id);
    currentUnit()?.see(`${this.#model} ${key}`, null);
    await change(this.#database, [{ statement: this.#table.destroy, values: { id: key } }], true);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const statement = this.#table.revokeByGrantId;
    if (statement) await change(this.#database, [{ statement, values: { grantId } }], true);
  }

  /** Only the device flow asks for it, and that is off: its codes would have to be kept in clear. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }
}

export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function parsePayload(row: Row): AdapterPayload {
  const payload = JSON.parse(String(row['payload'])) as AdapterPayload;
  if (row['used_at'] !== null && row['used_at'] !== undefined) payload.consumed = row['used_at'];
  return payload;
}

const uidPlaceholder = '{uid}';

// An interaction carries the session cookie and its own id inside returnTo: both would be live credentials at rest.
function withoutLiveIds({ jti: _, ...payload }: AdapterPayload, id: string): AdapterPayload {
  const { returnTo, session } = payload as { returnTo?: string; session?: Record<string, unknown> };
  if (typeof returnTo === 'string') payload['returnTo'] = returnTo.replaceAll(id, uidPlaceholder);
  if (typeof session === 'object') {
    const { cookie: __, ...rest } = session;
    payload['session'] = rest;
  }
  return payload;
}

function withLiveIds(payload: AdapterPayload, id: string): AdapterPayload {
  const { returnTo } = payload as { returnTo?: string };
  if (typeof returnTo === 'string') payload['returnTo'] = returnTo.replaceAll(uidPlaceholder, id);
  return { ...payload, jti: id };
}
