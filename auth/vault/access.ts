// What a grant gives of the vault, as authorization details of a type of our own (RFC 9396 section 2).
// The room: the vault as loop-auth knows it, and what is given of it. Not who decides: people/. Not who enforces: loop-api.
import type Provider from 'oidc-provider';
import { vaultScopes } from '../scopes.ts';

const [readScope, writeScope] = vaultScopes;

/** What a person decided. */
export interface VaultChoice {
  readonly access: 'read' | 'write';
  /** Paths inside the vault; undefined for all of it. */
  readonly folders?: readonly string[] | undefined;
}

export interface VaultDetail {
  readonly type: 'vault';
  readonly locations: readonly string[];
  readonly actions: ReadonlyArray<'read' | 'write'>;
  readonly folders?: readonly string[];
  /** What was asked for and not given. */
  readonly withheld?: readonly ['write'];
}

export type Grant = InstanceType<Provider['Grant']>;
/** The library stores this member, and reads it only for a feature that is off here: nobody may ask with details. */
type Details = { rar?: VaultDetail[] };

/** Writes into a grant what of `asked`, scopes of `resource`, the choice gives; to be saved by the caller. */
export function giveVault(
  grant: Grant,
  resource: string,
  asked: readonly string[],
  choice: VaultChoice,
): void {
  const detail = createVaultDetail(resource, asked, choice);
  grant.addResourceScope(resource, (detail.actions.includes('write') ? asked : [readScope]).join(' '));
  if (detail.withheld) grant.rejectResourceScope(resource, writeScope);
  grant.addRar(detail as never);
}

/** What of `asked`, scopes of `resource`, the choice gives. */
export function createVaultDetail(
  resource: string,
  asked: readonly string[],
  { access, folders }: VaultChoice,
): VaultDetail {
  const asksToWrite = asked.includes(writeScope);
  const mayWrite = asksToWrite && access === 'write';
  return {
    type: 'vault',
    locations: [resource],
    actions: mayWrite ? ['read', 'write'] : ['read'],
    ...(folders && { folders: withoutNested(folders) }),
    ...(asksToWrite && !mayWrite && { withheld: ['write'] }),
  };
}

/** Takes writing away from a grant that has it; to be saved by the caller. False where there is nothing to take. */
export function withholdWriting(grant: Grant): boolean {
  const details = resourcesOf(grant).map((resource) => vaultDetail(grant, resource));
  const writing = details.filter((detail) => detail?.actions.includes('write'));
  for (const detail of writing) {
    // Writing includes reading, and may be all that the grant has.
    grant.addResourceScope(String(detail?.locations[0]), readScope);
    grant.rejectResourceScope(String(detail?.locations[0]), writeScope);
  }
  (grant as unknown as Details).rar = details
    .filter((detail) => detail !== undefined)
    .map((detail) =>
      detail.actions.includes('write') ? { ...detail, actions: ['read'], withheld: ['write'] } : detail,
    );
  return writing.length > 0;
}

/**
 * What a grant gives at that resource. Of one from before there was a choice: all of the vault, by its scopes. Undefined
 * where it gives nothing of a vault there.
 */
export function vaultDetail(grant: Grant, resource: string): VaultDetail | undefined {
  const stored = (grant as unknown as Details).rar?.find(({ locations }) => locations.includes(resource));
  if (stored) return stored;
  const scopes = grant.getResourceScope(resource).split(' ');
  if (scopes.includes(writeScope))
    return { type: 'vault', locations: [resource], actions: ['read', 'write'] };
  return scopes.includes(readScope) ? { type: 'vault', locations: [resource], actions: ['read'] } : undefined;
}

/** The scopes of `asked` that the grant gives at that resource today. */
export function scopesGiven(grant: Grant, resource: string, asked: readonly string[]): string {
  return grant.getResourceScopeFiltered(resource, asked as never);
}

export function resourcesOf(grant: Grant): string[] {
  return Object.keys((grant as unknown as { resources?: object }).resources ?? {});
}

/** `Projects` holds `Projects/loop`. */
function withoutNested(folders: readonly string[]): string[] {
  return [...new Set(folders)]
    .sort()
    .filter((folder) => !folders.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}
