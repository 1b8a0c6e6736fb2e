// A page of whoever is signed in, with the actions that its forms ask for. Anybody else signs in first, and comes back.
import Router from '@koa/router';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Account } from '../../../adapters/stores/accounts.ts';
import { readForm } from '../password-check.ts';
import { askToSignIn, type OwnSignInParts } from './sign-in.ts';

type Handler<Parts> = (parts: Parts, ctx: ParameterizedContext, account: Account) => Promise<void>;

export interface OwnPage<Parts> {
  /** Below the issuer's. */
  readonly path: string;
  /** Where one comes to after signing in first; else to the page itself. */
  readonly back?: string;
  readonly show: Handler<Parts>;
  /** By the field `action`; of a form without one, `none`. Any other is 400. */
  readonly actions: Readonly<Record<string, Handler<Parts>>>;
}

export function createOwnPage<Parts extends OwnSignInParts>(
  parts: Parts,
  { path, back = path, show, actions }: OwnPage<Parts>,
): Middleware {
  const router = new Router();
  const names = Object.keys(actions).filter((name) => name !== 'none');
  const ofOwner =
    (handle: Handler<Parts>): Middleware =>
    async (ctx) => {
      const account = await parts.sessions.find(ctx);
      if (account) await handle(parts, ctx, account);
      else await askToSignIn(parts, ctx, { back: parts.issuerPath + back });
    };
  router.get(path, ofOwner(show));
  router.post(
    path,
    parts.form,
    ofOwner(async (_, ctx, account) => {
      const { action } = readForm(ctx);
      const asked = names.find((name) => name === action) ?? (action === undefined ? 'none' : '');
      const act = Object.hasOwn(actions, asked) ? actions[asked] : undefined;
      if (!act) return ctx.throw(400, `action must be one of ${names.join(', ')}`);
      await act(parts, ctx, account);
    }),
  );
  return router.routes() as Middleware;
}
