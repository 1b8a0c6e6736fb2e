// That somebody wants to use another account, remembered until they have gone to the provider: it would say the same one.
import type { ParameterizedContext } from 'koa';

const name = 'loop_other';
const options = { signed: false, httpOnly: true, sameSite: 'lax', overwrite: true } as const;
const seconds = 10 * 60;

export function wantOther(ctx: ParameterizedContext): void {
  ctx.cookies.set(name, 'yes', { ...options, maxAge: seconds * 1000 });
}

export function isOtherWanted(ctx: ParameterizedContext): boolean {
  return ctx.cookies.get(name, { signed: false }) !== undefined;
}

export function forgetOther(ctx: ParameterizedContext): void {
  if (isOtherWanted(ctx)) ctx.cookies.set(name, null, options);
}
