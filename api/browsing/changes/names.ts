// What an app is called on a page about what it changed.
import type { ListedChange } from '../../vault/shown/change-scope.ts';

/** As it called itself last; its id where no change says so. */
export function nameOf(app: string, changes: readonly ListedChange[]): string {
  return changes.find(({ client }) => client.id === app)?.client.name ?? app;
}
