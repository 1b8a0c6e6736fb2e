// Whose account somebody signs in to whom the provider knows: the one that is linked, or one that is made now. Never one
// that only has the same name or address: whoever chooses theirs at the provider would choose an account of ours with it.
import { randomBytes } from 'node:crypto';
import { type Account, type AccountStore, UsernameTaken } from '../../../adapters/stores/accounts.ts';
import {
  UpstreamLinked,
  type UpstreamLinkStore,
  type UpstreamPerson,
} from '../../../adapters/stores/factors/upstream-links.ts';
import type { SetupLinkStore } from '../../../adapters/stores/setup-links.ts';
import { fieldLimits } from '../../pages/pages.ts';
import { noPassword } from '../passwords.ts';
import type { Claims } from './allowed.ts';
import type { Identity } from './client.ts';

export interface UpstreamAccountParts {
  readonly accounts: Pick<AccountStore, 'findById'>;
  readonly upstreamLinks: UpstreamLinkStore;
  readonly setupLinks: Pick<SetupLinkStore, 'end'>;
}

export interface FoundAccount {
  readonly account: Account;
  readonly isNew: boolean;
}

const mostTries = 20;

export async function findOrCreateAccount(
  parts: UpstreamAccountParts,
  identity: Identity,
): Promise<FoundAccount> {
  const linked = await findLinked(parts, identity);
  if (linked) return { account: linked, isNew: false };
  try {
    return { account: await createAccount(parts, personOf(identity)), isNew: true };
  } catch (error) {
    // In another tab at the same moment.
    const made = error instanceof UpstreamLinked ? await findLinked(parts, identity) : undefined;
    if (!made) throw error;
    return { account: made, isNew: false };
  }
}

/** Under the first name that nobody has. Throws UpstreamLinked. */
async function createAccount(
  { upstreamLinks, setupLinks }: UpstreamAccountParts,
  person: UpstreamPerson,
): Promise<Account> {
  for (let attempt = 1; attempt <= mostTries; attempt += 1) {
    try {
      const made = await upstreamLinks.createAccount(person, nameFor(person.name, attempt), noPassword);
      // Whoever finds the link of the first start in a log makes no second account by it.
      await setupLinks.end();
      return made;
    } catch (error) {
      if (!(error instanceof UsernameTaken)) throw error;
    }
  }
  throw new Error('no name was free for a new account');
}

async function findLinked(
  { upstreamLinks, accounts }: UpstreamAccountParts,
  identity: Identity,
): Promise<Account | undefined> {
  const link = await upstreamLinks.find(identity);
  return link && accounts.findById(link.accountId);
}

export function personOf({ issuer, subject, claims }: Identity): UpstreamPerson {
  return { issuer, subject, name: nameIn(claims) };
}

/** What the provider calls the person, as a username may be. */
function nameIn(claims: Claims): string {
  const names = ['preferred_username', 'email', 'name'].map((claim) => cleaned(claims[claim]));
  return names.find((name) => name !== '') ?? 'account';
}

function cleaned(value: unknown): string {
  if (typeof value !== 'string') return '';
  const text = value.slice(0, 4 * fieldLimits.username).replace(/[\p{Cc}\p{Cf}]/gu, '');
  return text.toWellFormed().trim().slice(0, fieldLimits.username).toWellFormed();
}

/** `ann`, then `ann 2`; in the end one that nobody has. */
function nameFor(name: string, attempt: number): string {
  if (attempt === 1) return name;
  const suffix = attempt === mostTries ? randomBytes(4).toString('hex') : String(attempt);
  return `${name.slice(0, fieldLimits.username - suffix.length - 1)} ${suffix}`;
}
