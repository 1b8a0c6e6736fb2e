// Ways in which a terminal is not let in (RFC 8628).
import { Browser } from '../../../../scripts/demo/browser.ts';
import { askForCode, enter, poll, type Shown } from '../../../support/terminal.ts';
import { type AuthWorld, arrive, type Guest, type Way } from './way.ts';

async function showCode(world: AuthWorld): Promise<Guest & { shown: Shown }> {
  const guest = await arrive(world);
  return { ...guest, shown: await askForCode(world.loop, guest.app) };
}

export const waysOfTerminals: readonly Way<AuthWorld>[] = [
  {
    sentence: 'nobody enters the code of a terminal',
    by: 'vscode',
    fail: async (world) => {
      await showCode(world);
      world.clock.advance(700);
    },
    step: 'codeShown',
    cause: 'userCodeLeft',
  },
  {
    sentence: 'the code of a terminal runs out at the page of consent',
    by: 'vscode',
    fail: async (world) => {
      const { app, shown } = await showCode(world);
      await enter(world.loop, shown.user_code);
      world.clock.advance(650);
      return poll(world.loop, app, shown);
    },
    step: 'tokenGiven',
    cause: 'deviceCodeExpired',
  },
  {
    sentence: 'the person says no to a terminal, which goes on asking',
    by: 'vscode',
    fail: async (world) => {
      const { app, shown } = await showCode(world);
      const browser = new Browser();
      await browser.submit(await enter(world.loop, shown.user_code, browser), { decision: 'deny' });
      await poll(world.loop, app, shown);
    },
    step: 'allowed',
    cause: 'denied',
  },
  {
    sentence: 'the code of a link is not the one that the terminal shows',
    by: 'vscode',
    fail: async (world) => {
      const { shown } = await showCode(world);
      const browser = new Browser();
      await browser.submit(await browser.visit(shown.verification_uri_complete), { abort: 'yes' });
    },
    step: 'codeEntered',
    cause: 'denied',
  },
  {
    sentence: 'an app asks for a code that did not register for it',
    by: 'codex',
    fail: async (world) => {
      const { app } = await arrive(world);
      return world.loop.post('/device/auth', { client_id: app.clientId });
    },
    step: 'codeShown',
    cause: 'grantType',
  },
];
