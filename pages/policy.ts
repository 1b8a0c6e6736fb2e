// The headers that hold for every page of both services: what it may load, run and use.
import { passkeyScriptHash, scriptHash, styleHash } from './templates.ts';

/** A Content-Security-Policy that loads nothing from anywhere; services add what else they forbid. */
export const contentPolicy = policyOf(scriptHash);

/** The same where pages may ask the browser for a passkey. */
export const passkeyPolicy = policyOf(`${scriptHash} ${passkeyScriptHash}`);

function policyOf(scripts: string): string {
  return [
    "default-src 'none'",
    `style-src ${styleHash}`,
    `script-src ${scripts}`,
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

const unused = [
  'accelerometer',
  'browsing-topics',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'usb',
  'xr-spatial-tracking',
];

/** Passkeys and the clipboard stay what they are without it: a page's own. */
export const permissionsPolicy = unused.map((feature) => `${feature}=()`).join(', ');
