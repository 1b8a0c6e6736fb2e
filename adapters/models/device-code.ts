// oidc-provider's Adapter for device codes: what a person's user code finds is saved again without the device code being known.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import type { Write } from '../database/statement.ts';
import { currentUnit, useUp } from '../database/unit-of-work.ts';
import { ModelAdapter } from './model.ts';
import { createModelTable, type ModelTable } from './tables.ts';

// In front of a row's key. No device code has a colon.
const rowMark = 'row:';

/** What a device code, or what stands in for it, is stored under. */
export function rowKeyOf(id: string): string {
  return id.startsWith(rowMark) ? id.slice(rowMark.length) : hashOpaque(id);
}

/**
 * The library saves what it found by the user code under its `jti`, and keeps that in the interaction to find it by again.
 * The device code itself is known to the device alone, so that the row's key stands in for it. Where codes become tokens a
 * stand-in is a value like any other, and finds nothing: a row's key opens nothing.
 */
export class DeviceCodeAdapter extends ModelAdapter {
  readonly #database: Database;
  readonly #table: ModelTable;

  constructor(database: Database, alreadyUsed: () => Error) {
    super(database, 'DeviceCode', alreadyUsed);
    this.#database = database;
    this.#table = createModelTable(database, 'DeviceCode');
  }

  protected override keyOf(id: string): string {
    return currentUnit()?.isTokenRequest ? hashOpaque(id) : rowKeyOf(id);
  }

  override async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { userCode } = payload;
    if (userCode === undefined) return super.upsert(id, payload, expiresIn);
    const hashed = hashOpaque(userCode);
    currentUnit()?.see(`DeviceCode by user code ${hashed}`, this.keyOf(id));
    await super.upsert(id, { ...payload, userCode: hashed }, expiresIn);
  }

  /** That it was refused is true for the device, too, where the browser that was told so gets an error. */
  protected override async save(write: Write): Promise<void> {
    await useUp(this.#database, [write]);
  }

  override async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const statement = this.#table.findByUserCode;
    const hashed = hashOpaque(userCode);
    const row = statement && (await this.#database.first(statement, { userCode: hashed }));
    const key = currentUnit()?.seen(`DeviceCode by user code ${hashed}`) ?? row?.['id'];
    if (typeof key !== 'string') return undefined;
    const payload = await this.find(`${rowMark}${key}`);
    return payload && { ...payload, userCode };
  }
}
