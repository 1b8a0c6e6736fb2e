// A token request as oidc-provider makes it on the adapters: find, decide, consume, save, all in one unit of work.
import type { Test } from 'tap';
import type { Database } from '../../adapters/database.ts';
import { createAdapterFactory } from '../../adapters/oidc-adapter.ts';
import { compile } from '../../adapters/statement.ts';
import { asUnitOfWork, currentUnit } from '../../adapters/unit-of-work.ts';
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
  /** The rows of refresh tokens as the database keeps them. */
  readonly rows: () => Promise<Record<string, unknown>[]>;
}

/** A grant with its first refresh token. */
export async function startFamily(t: Test, database: Database, graceSeconds = 60): Promise<Family> {
  const audited: string[] = [];
  const adapterFor = createAdapterFactory(database, {
    graceSeconds,
    revoked: () => new Revoked('used, revoked or expired meanwhile'),
    audit: (event, grantId) => audited.push(`${event} ${grantId}`),
  });
  const tokens = adapterFor('RefreshToken');
  const accessTokens = adapterFor('AccessToken');
  const first = opaqueValue();
  await adapterFor('Grant').upsert('grant-1', payloadOf('Grant', 'grant-1'), idleSeconds * 10);
  await asUnitOfWork(database, true, async () => {
    await tokens.upsert(first, payloadOf('RefreshToken', first), idleSeconds);
    return true;
  });
  const exchange = async (token: string): Promise<string | undefined> => {
    const found = await tokens.find(token);
    if (!found || !(await adapterFor('Grant').find('grant-1'))) return undefined;
    if (found.consumed) {
      await Promise.all([
        tokens.destroy(token),
        tokens.revokeByGrantId('grant-1'),
        accessTokens.revokeByGrantId('grant-1'),
        adapterFor('Grant').destroy('grant-1'),
      ]);
      return undefined;
    }
    await tokens.consume(token);
    const next = currentUnit()?.successor;
    if (next === undefined) return t.fail('an exchange without a successor') as never;
    await tokens.upsert(next, payloadOf('RefreshToken', next), idleSeconds);
    const accessToken = opaqueValue();
    await accessTokens.upsert(accessToken, payloadOf('AccessToken', accessToken), 3600);
    return next;
  };
  const all = compile(database.builder('refresh_tokens').orderBy('id'));
  return {
    adapterFor,
    first,
    audited,
    refresh: async (token, fail) => {
      let next: string | undefined;
      await asUnitOfWork(database, true, async () => {
        next = await exchange(token);
        await fail?.();
        return next !== undefined;
      });
      return next;
    },
    rows: () => database.all(all, {}),
  };
}
