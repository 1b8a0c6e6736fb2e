// A token request as oidc-provider makes it on the adapters: find, decide, consume, save, all in one unit of work.
import type { Database } from '../../adapters/database/database.ts';
import { compile } from '../../adapters/database/statement.ts';
import { asUnitOfWork, currentUnit } from '../../adapters/database/unit-of-work.ts';
import { createAdapterFactory } from '../../adapters/models/adapter-factory.ts';
import { type Adapter, opaqueValue, payloadOf } from './adapter-contract.ts';

class Revoked extends Error {
  override readonly name = 'Revoked';
}

const idleSeconds = 90 * 24 * 3600;

export interface Family {
  readonly adapterFor: (model: string) => Adapter;
  /** The refresh token of the first answer. */
  readonly first: string;
  /** What an operator was told. */
  readonly audited: string[];
  /** Presents a token; resolves to the next one, or undefined for `invalid_grant`. Throws Revoked, or what `fail` does. */
  readonly refresh: (token: string, fail?: () => Promise<void>) => Promise<string | undefined>;
  /** The same family at another process. */
  readonly on: (database: Database) => Pick<Family, 'refresh'>;
  /** The rows of refresh tokens as the database keeps them. */
  readonly rows: () => Promise<Record<string, unknown>[]>;
}

/** A grant with its first refresh token. */
export async function startFamily(database: Database): Promise<Family> {
  const audited: string[] = [];
  const factoryOf = (database: Database) =>
    createAdapterFactory(database, {
      graceSeconds: 60,
      revoked: () => new Revoked('used, revoked or expired meanwhile'),
      audit: (event, grantId) => audited.push(`${event} ${grantId}`),
    });
  const adapterFor = factoryOf(database);
  const first = opaqueValue();
  await adapterFor('Grant').upsert('grant-1', payloadOf('Grant', 'grant-1'), idleSeconds * 10);
  await adapterFor('RefreshToken').upsert(first, payloadOf('RefreshToken', first), idleSeconds);
  const all = compile(database.builder('refresh_tokens').orderBy('id'));
  const on = (database: Database): Pick<Family, 'refresh'> => {
    const adapterFor = factoryOf(database);
    return {
      refresh: async (token, fail) => {
        let next: string | undefined;
        await asUnitOfWork(database, true, async () => {
          next = await exchange(adapterFor, token);
          await fail?.();
          return next !== undefined;
        });
        return next;
      },
    };
  };
  return { adapterFor, first, audited, on, ...on(database), rows: () => database.all(all, {}) };
}

async function exchange(adapterFor: Family['adapterFor'], token: string): Promise<string | undefined> {
  const tokens = adapterFor('RefreshToken');
  const accessTokens = adapterFor('AccessToken');
  const grants = adapterFor('Grant');
  const found = await tokens.find(token);
  if (!found || !(await grants.find('grant-1'))) return undefined;
  if (found.consumed) {
    await Promise.all([
      tokens.destroy(token),
      tokens.revokeByGrantId('grant-1'),
      accessTokens.revokeByGrantId('grant-1'),
      grants.destroy('grant-1'),
    ]);
    return undefined;
  }
  await tokens.consume(token);
  const next = currentUnit()?.successor;
  if (next === undefined) throw new Error('an exchange without a successor');
  await tokens.upsert(next, payloadOf('RefreshToken', next), idleSeconds);
  const accessToken = opaqueValue();
  await accessTokens.upsert(accessToken, payloadOf('AccessToken', accessToken), 3600);
  return next;
}
