// What an app asks for of other servers' resources, in the words that an operator gave their scopes.
import type { ShownServed } from '../../pages/consent.ts';
import type { Resources } from '../../resources.ts';

/** `asked` are scopes by resource. */
export async function readServed(
  { findServed }: Pick<Resources, 'findServed'>,
  asked: Readonly<Record<string, readonly string[]>> = {},
): Promise<ShownServed[]> {
  const found = await Promise.all(
    Object.entries(asked).map(async ([resource, scopes]) => {
      const served = await findServed(resource);
      return served && { ...served, scopes: served.scopes.filter(({ scope }) => scopes.includes(scope)) };
    }),
  );
  return found.filter((one) => one !== undefined);
}
