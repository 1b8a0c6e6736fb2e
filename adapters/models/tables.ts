// Which table keeps which of oidc-provider's models, and the statements on it, each built once.
import type { Database } from '../database/database.ts';
import { compile, param, type Statement } from '../database/statement.ts';

const tableNames = {
  Session: 'sessions',
  Interaction: 'interactions',
  ReplayDetection: 'replay_detections',
  InitialAccessToken: 'initial_access_tokens',
  Grant: 'grants',
  AuthorizationCode: 'authorization_codes',
  DeviceCode: 'device_codes',
  AccessToken: 'access_tokens',
} as const;

export type ModelName = keyof typeof tableNames;

/** Columns beside id, payload and expires_at, with the payload's key that each is filled from. */
const ownColumns: Readonly<Partial<Record<ModelName, Readonly<Record<string, string>>>>> = {
  Session: { uid: 'uid', account_id: 'accountId' },
  Grant: { account_id: 'accountId', client_id: 'clientId', created_at: 'iat' },
  AuthorizationCode: { grant_id: 'grantId' },
  DeviceCode: { grant_id: 'grantId', user_code: 'userCode' },
  AccessToken: { grant_id: 'grantId' },
};

/** Written with the row and never again. */
const kept = ['id', 'created_at', 'user_code'];

export interface ModelTable {
  readonly columns: Readonly<Record<string, string>>;
  readonly find: Statement;
  readonly findByUid: Statement | undefined;
  readonly findByUserCode: Statement | undefined;
  /** Of what is good once, a row that is still valid is not replaced: nothing changes then. */
  readonly upsert: Statement;
  readonly destroy: Statement;
  readonly consume: Statement | undefined;
  readonly revokeByGrantId: Statement | undefined;
}

export function isModelName(name: string): name is ModelName {
  return name in tableNames;
}

export function createModelTable({ builder }: Database, model: ModelName): ModelTable {
  const table = tableNames[model];
  const columns = ownColumns[model] ?? {};
  const isConsumable = model === 'AuthorizationCode' || model === 'DeviceCode';
  const names = ['id', 'payload', 'expires_at', ...Object.keys(columns)];
  const read = isConsumable ? ['payload', 'used_at'] : ['payload'];
  const byId = { id: param('id') };
  const upsert = builder(table)
    .insert(Object.fromEntries(names.map((name) => [name, param(name)])))
    .onConflict('id')
    .merge(names.filter((name) => !kept.includes(name)));
  return {
    columns,
    find: compile(builder(table).select(read).where(byId)),
    findByUid:
      'uid' in columns
        ? compile(
            builder(table)
              .select(['id', ...read])
              .where({ uid: param('uid') }),
          )
        : undefined,
    findByUserCode:
      'user_code' in columns
        ? compile(
            builder(table)
              .select('id')
              .where({ user_code: param('userCode') }),
          )
        : undefined,
    upsert: compile(
      model === 'ReplayDetection' ? upsert.where(`${table}.expires_at`, '<=', param('now')) : upsert,
    ),
    destroy: compile(builder(table).where(byId).delete()),
    consume: isConsumable
      ? compile(
          builder(table)
            .where(byId)
            .whereNull('used_at')
            .update({ used_at: param('now') }),
        )
      : undefined,
    revokeByGrantId:
      'grant_id' in columns
        ? compile(
            builder(table)
              .where({ grant_id: param('grantId') })
              .delete(),
          )
        : undefined,
  };
}
