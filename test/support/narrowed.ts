// What a person gives who gives less than was asked for, and what an app meets then.
import { setTimeout as delay } from 'node:timers/promises';
import { Browser } from '../../scripts/demo/browser.ts';
import type { Pair } from '../../scripts/demo/pair.ts';
import { createPkce } from './oauth.ts';
import { person } from './person.ts';

/** Reading alone, in one folder of the sample vault. */
export const narrowed = { access: 'read', reach: 'some', folders: 'Journal' } as const;

const redirectUri = 'http://127.0.0.1:40404/callback';

/** Resolves when the page of consent offers that folder: loop-api tells of its vault by itself, soon after its start. */
export async function waitForFolder(pair: Pair, folder: string): Promise<void> {
  const registration = await fetch(`${pair.issuer}/reg`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  const { client_id: clientId } = (await registration.json()) as { client_id: string };
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    code_challenge: createPkce().challenge,
    code_challenge_method: 'S256',
    scope: 'vault.read',
  });
  const browser = new Browser();
  const signIn = await browser.visit(`${pair.issuer}/auth?${query}`);
  let consent = await browser.submit(signIn, { ...person });
  while (!consent.text.includes(`value="${folder}"`)) {
    await delay(50);
    consent = await browser.visit(consent.url);
  }
}
