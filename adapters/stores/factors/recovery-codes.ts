// Codes on paper for the day the phone is lost: each as a hash, and gone once it was taken (table `recovery_codes`).
import type { Database } from '../../database/database.ts';
import { hashOpaque } from '../../database/hash.ts';
import { compile, param, type Statement } from '../../database/statement.ts';
import { change } from '../../database/unit-of-work.ts';

export class RecoveryCodeStore {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #take: Statement;
  readonly #count: Statement;
  readonly #remove: Statement;

  constructor(database: Database) {
    const codes = () => database.builder('recovery_codes');
    const ofAccount = () => codes().where({ account_id: param('accountId') });
    this.#database = database;
    this.#insert = compile(codes().insert({ hash: param('hash'), account_id: param('accountId') }));
    this.#take = compile(
      ofAccount()
        .where({ hash: param('hash') })
        .delete(),
    );
    this.#count = compile(ofAccount().count({ left: '*' }));
    this.#remove = compile(ofAccount().delete());
  }

  /** With the request: the codes in the place of all that the account had; none takes them away. */
  async replace(accountId: string, codes: readonly string[]): Promise<void> {
    await change(this.#database, [
      { statement: this.#remove, values: { accountId } },
      ...codes.map((code) => ({
        statement: this.#insert,
        values: { accountId, hash: hashOf(accountId, code) },
      })),
    ]);
  }

  /** At once, whatever becomes of the request; false where the account has no such code, or no longer. */
  async take(accountId: string, code: string): Promise<boolean> {
    const values = { accountId, hash: hashOf(accountId, code) };
    return (await this.#database.commit([{ statement: this.#take, values }])) > 0;
  }

  async count(accountId: string): Promise<number> {
    return Number((await this.#database.first(this.#count, { accountId }))?.['left'] ?? 0);
  }
}

// 120 random bits need no slow hash (OWASP ASVS 5.0, 6.5.2: from 112 on).
function hashOf(accountId: string, code: string): string {
  return hashOpaque(`${accountId} ${code}`);
}
