// oidc-provider's Adapter for refresh tokens: the exchange rule of refresh-rotation.ts on stored generations.
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { hashOpaque } from '../database/hash.ts';
import { type Row, textOf, type Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { change, currentUnit, type UnitOfWork } from '../database/unit-of-work.ts';
import { seeOwners } from './access-token.ts';
import { parsePayload } from './model.ts';
import { createSalt, decideExchange, type Exchange, successorOf } from './refresh-rotation.ts';
import { createRefreshTokenTable, type RefreshTokenTable } from './refresh-token-table.ts';

export interface RefreshTokenRules {
  /** How long a used token may be presented again and gets the same successor. */
  readonly graceSeconds: number;
  /** Makes the error of a token whose grant went away while it was being exchanged. */
  readonly revoked: () => Error;
  /** Makes the error of a client assertion that another request used at the same moment. */
  readonly replayed?: () => Error;
  /** Told what an operator should hear about: a lost answer made good, a family revoked. */
  readonly audit: (
    event: 'refresh_token.reissued' | 'refresh_token.replayed',
    grantId: string,
    owner: { readonly accountId: string; readonly clientId: string },
  ) => void;
}

interface Exchanged {
  readonly exchange: Exchange;
  readonly parentId: string;
  readonly owner: { readonly accountId: string; readonly clientId: string };
}

/** A refresh token of a token request, with all that it hangs on; payloads of others as they are stored. */
export interface OwnedRefreshToken {
  readonly payload: AdapterPayload;
  readonly exchange: Exchange['kind'];
  readonly grantId: string;
  readonly grant: string | undefined;
  readonly clientId: string | undefined;
  readonly client: string | undefined;
  /** Undefined where the account is disabled or gone. */
  readonly accountId: string | undefined;
}

export class RefreshTokenAdapter implements Adapter {
  readonly #database: Database;
  readonly #rules: RefreshTokenRules;
  readonly #table: RefreshTokenTable;
  readonly #exchanges = new WeakMap<UnitOfWork, Exchanged>();

  constructor(database: Database, rules: RefreshTokenRules) {
    this.#database = database;
    this.#rules = rules;
    this.#table = createRefreshTokenTable(database);
  }

  async find(token: string): Promise<AdapterPayload | undefined> {
    const unit = currentUnit();
    const id = hashOpaque(token);
    if (unit?.isTokenRequest && unit.seen(keyOf(id)) !== null) return (await this.findOwned(token))?.payload;
    const payload = await this.#findStored(id);
    if (!payload || unit?.noted(`RefreshTokens of ${payload.grantId} revoked`)) return undefined;
    return { ...payload, jti: token };
  }

  async #findStored(id: string): Promise<AdapterPayload | undefined> {
    const seen = currentUnit()?.seen(keyOf(id));
    if (seen !== undefined) return seen === null ? undefined : (JSON.parse(seen) as AdapterPayload);
    const row = await this.#database.first(this.#table.find, { id });
    return row && parsePayload(row);
  }

  /**
   * What a token request is to exchange, with all that it hangs on, which the request then finds without another look. Read
   * under the family's lock, since only there what is read still holds at the commit.
   */
  async findOwned(token: string): Promise<OwnedRefreshToken | undefined> {
    const unit = currentUnit();
    const id = hashOpaque(token);
    const grantId = (await this.#database.first(this.#table.findGrantId, { id }))?.['grant_id'];
    if (!unit || grantId === undefined || unit.noted(`RefreshTokens of ${grantId} revoked`)) return undefined;
    await unit.lock(String(grantId));
    const row = await this.#database.first(this.#table.findOwned, { id });
    if (!row) return undefined;
    seeOwners(unit, row);
    return this.#prepareExchange(unit, token, id, row);
  }

  async #prepareExchange(unit: UnitOfWork, token: string, id: string, row: Row): Promise<OwnedRefreshToken> {
    const exchange = await decideExchange(
      generationOf(row),
      epochSeconds(),
      this.#rules.graceSeconds,
      (salt) => this.#isUnused(successorOf(token, salt)),
    );
    const { consumed: _, ...payload } = parsePayload(row);
    const owner = { accountId: String(payload.accountId), clientId: String(payload.clientId) };
    this.#exchanges.set(unit, { exchange, parentId: id, owner });
    const isOver = exchange.kind === 'revoke';
    if (!isOver) unit.successor = successorOf(token, exchange.salt);
    return {
      payload: { ...payload, jti: token, ...(isOver && { consumed: true }) },
      exchange: exchange.kind,
      grantId: String(row['grant_id']),
      grant: textOf(row['grant_payload']),
      clientId: textOf(row['client_id']),
      client: textOf(row['client_payload']),
      accountId: textOf(row['account_id']),
    };
  }

  async #isUnused(token: string): Promise<boolean> {
    const row = await this.#database.first(this.#table.find, { id: hashOpaque(token) });
    return row !== undefined && row['used_at'] === null;
  }

  async consume(token: string): Promise<void> {
    const unit = currentUnit();
    const found = unit && this.#exchanges.get(unit);
    if (!found) throw new TypeError('a refresh token is exchanged only by a token request that found it');
    await change(this.#database, this.#exchangeWrites(token, found.exchange));
  }

  #exchangeWrites(token: string, exchange: Exchange): Write[] {
    const id = hashOpaque(token);
    const now = epochSeconds();
    const { graceSeconds, revoked: otherwise } = this.#rules;
    const usedBefore = now - graceSeconds;
    switch (exchange.kind) {
      case 'rotate':
        return [
          { statement: this.#table.use, values: { id, now }, otherwise },
          // The generation before this one can no longer be made again once its grace is over.
          { statement: this.#table.endParentSalt, values: { id, usedBefore, graceSeconds } },
        ];
      case 'repeat':
        return [{ statement: this.#table.touch, values: { id }, otherwise }];
      case 'reissue': {
        const lostId = hashOpaque(successorOf(token, exchange.lostSalt));
        return [
          { statement: this.#table.replace, values: { id: lostId, now }, otherwise },
          { statement: this.#table.reissue, values: { id, now, salt: exchange.salt }, otherwise },
        ];
      }
      case 'revoke':
        throw new TypeError('a replayed refresh token is not exchanged');
    }
  }

  async upsert(token: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _, ...rest } = payload;
    const stored = JSON.stringify(rest);
    const unit = currentUnit();
    const found = unit && this.#exchanges.get(unit);
    const grantId = String(payload.grantId);
    if (found?.exchange.kind === 'reissue') {
      unit?.afterCommit(() => this.#rules.audit('refresh_token.reissued', grantId, found.owner), false);
    }
    const values = {
      id: hashOpaque(token),
      payload: stored,
      expires_at: expiresIn === undefined ? null : epochSeconds() + expiresIn,
      grant_id: grantId,
      salt: createSalt(),
      parent_id: found?.parentId ?? null,
      issued_at: epochSeconds(),
    };
    unit?.see(keyOf(values.id), stored);
    await change(this.#database, [{ statement: this.#table.insert, values }]);
  }

  async destroy(token: string): Promise<void> {
    const id = hashOpaque(token);
    currentUnit()?.see(keyOf(id), null);
    await change(this.#database, [{ statement: this.#table.destroy, values: { id } }], true);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const unit = currentUnit();
    const found = unit && this.#exchanges.get(unit);
    if (found?.exchange.kind === 'revoke') {
      unit?.afterCommit(() => this.#rules.audit('refresh_token.replayed', grantId, found.owner), true);
    }
    unit?.note(`RefreshTokens of ${grantId} revoked`);
    await change(this.#database, [{ statement: this.#table.revokeByGrantId, values: { grantId } }], true);
  }

  async findByUid(): Promise<undefined> {
    return undefined;
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }
}

/** What a unit of work calls its row. */
const keyOf = (id: string): string => `RefreshToken ${id}`;

function generationOf(row: Row): { usedAt: number | null; replacedAt: number | null; salt: string | null } {
  return {
    usedAt: row['used_at'] as number | null,
    replacedAt: row['replaced_at'] as number | null,
    salt: row['salt'] as string | null,
  };
}
