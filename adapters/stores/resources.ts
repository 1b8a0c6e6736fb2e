// Resources of other servers: whose credential may ask about their tokens, their scopes and words, and what is said of them.
import type { AdapterPayload } from 'oidc-provider';
import type { Database } from '../database/database.ts';
import { compile, param, type Row, type Statement, type Write } from '../database/statement.ts';
import { epochSeconds } from '../database/time.ts';
import { createRevocation, type Revocation } from '../models/revocation.ts';

/** What a person reads; where there is nothing in their language, the English. */
export interface Said {
  readonly en?: string | undefined;
  readonly ko?: string | undefined;
}

export interface OwnScope {
  readonly scope: string;
  readonly words: Said;
}

export interface ServedResource {
  /** The resource identifier (RFC 8707). */
  readonly resource: string;
  readonly names: Said;
  /** Empty where it is another vault, with a vault's scopes. */
  readonly scopes: readonly OwnScope[];
}

export interface StoredResource extends ServedResource {
  /** Of the credential that may introspect its tokens. */
  readonly clientId: string;
}

export class ResourceStore {
  readonly #database: Database;
  readonly #revocation: Revocation;
  readonly #find: Statement;
  readonly #list: Statement;
  readonly #save: Statement;
  readonly #delete: Statement;
  readonly #deleteDescription: Statement;
  readonly #mentioning: Statement;

  constructor(database: Database) {
    const { builder } = database;
    const byResource = { resource: param('resource') };
    this.#database = database;
    this.#revocation = createRevocation(database);
    this.#find = compile(builder('resources').where(byResource));
    this.#list = compile(builder('resources').orderBy(['made_at', 'resource']));
    this.#save = saveResource(database);
    this.#delete = compile(builder('resources').where(byResource).delete());
    this.#deleteDescription = compile(builder('resource_descriptions').where(byResource).delete());
    this.#mentioning = compile(
      builder('grants').select('id', 'payload').where('payload', 'like', param('mention')),
    );
  }

  async find(resource: string): Promise<StoredResource | undefined> {
    const row = await this.#database.first(this.#find, { resource });
    return row && toResource(row);
  }

  /** The oldest first; few, since each is made by an operator's hand. */
  async list(): Promise<StoredResource[]> {
    return (await this.#database.all(this.#list, {})).map(toResource);
  }

  /** Adds it, or says anew what it is. */
  async save(clientId: string, resource: ServedResource): Promise<void> {
    await this.#database.commit([writeOf(this.#save, clientId, resource)]);
  }

  async removeOf(clientId: string): Promise<void> {
    const own = (await this.list()).filter((one) => one.clientId === clientId);
    await this.remove(own.map(({ resource }) => resource));
  }

  /** With every connection that is for nothing else: what comes to the same address later is given anew. */
  async remove(resources: readonly string[]): Promise<void> {
    const writes: Write[] = [];
    for (const resource of resources) {
      writes.push({ statement: this.#delete, values: { resource } });
      writes.push({ statement: this.#deleteDescription, values: { resource } });
      const mention = `%${JSON.stringify(resource).slice(1, -1)}%`;
      const grants = await this.#database.all(this.#mentioning, { mention });
      const over = grants.filter((row) => resourcesIn(row).every((one) => resources.includes(one)));
      for (const row of over)
        for (const write of this.#revocation.ofGrant(String(row['id']))) writes.push(write);
    }
    await this.#database.commit(writes);
  }
}

/** For a credential that is stored in the same transaction. */
export function resourceWrites(
  database: Database,
  clientId: string,
  resources: readonly ServedResource[],
): Write[] {
  const save = saveResource(database);
  return resources.map((resource) => writeOf(save, clientId, resource));
}

function saveResource({ builder }: Database): Statement {
  const row = {
    resource: param('resource'),
    client_id: param('clientId'),
    names: param('names'),
    scopes: param('scopes'),
    made_at: param('now'),
  };
  return compile(
    builder('resources').insert(row).onConflict('resource').merge(['client_id', 'names', 'scopes']),
  );
}

function writeOf(statement: Statement, clientId: string, { resource, names, scopes }: ServedResource): Write {
  const said = { names: JSON.stringify(names), scopes: JSON.stringify(scopes) };
  return { statement, values: { resource, clientId, ...said, now: epochSeconds() } };
}

function resourcesIn(row: Row): string[] {
  const { resources = {} } = JSON.parse(String(row['payload'])) as AdapterPayload & { resources?: object };
  return Object.keys(resources);
}

function toResource(row: Row): StoredResource {
  return {
    resource: String(row['resource']),
    clientId: String(row['client_id']),
    names: JSON.parse(String(row['names'])) as Said,
    scopes: JSON.parse(String(row['scopes'])) as OwnScope[],
  };
}

/** What resource servers said last of what they serve. */
export class ResourceDescriptionStore {
  readonly #database: Database;
  readonly #find: Statement;
  readonly #save: Statement;

  constructor(database: Database) {
    const { builder } = database;
    this.#database = database;
    this.#find = compile(
      builder('resource_descriptions')
        .select('description')
        .where({ resource: param('resource') }),
    );
    const row = { resource: param('resource'), description: param('description'), stated_at: param('now') };
    this.#save = compile(builder('resource_descriptions').insert(row).onConflict('resource').merge());
  }

  /** JSON, as it was saved; undefined where that resource server never said anything. */
  async find(resource: string): Promise<unknown> {
    const row = await this.#database.first(this.#find, { resource });
    return row && JSON.parse(String(row['description']));
  }

  async save(resource: string, description: object): Promise<void> {
    const values = { resource, description: JSON.stringify(description), now: epochSeconds() };
    await this.#database.commit([{ statement: this.#save, values }]);
  }
}
