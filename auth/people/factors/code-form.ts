// Answers with the form for the second step of a sign-in.
import type { ParameterizedContext } from 'koa';
import { showPage } from '../../http/pages/frame.ts';
import { type CodeData, codePage } from '../../pages/factors/code.ts';

export function showCode(
  ctx: ParameterizedContext,
  data: CodeData,
  extras: Parameters<typeof showPage>[3],
): void {
  showPage(ctx, codePage, data, extras);
}
