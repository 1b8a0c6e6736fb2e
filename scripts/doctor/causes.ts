// Everything that the doctor can find, with where the words for it stand: what is wrong, and the way to mend it.
// docs/nas.md shows this table (test/scripts/doctor/table.test.ts holds them equal).
import type { WordKey } from '../../pages/words.ts';

interface CauseWords {
  readonly says: WordKey;
  readonly mend: WordKey;
}

export const causes = {
  settings: { says: 'doctor.says.settings', mend: 'doctor.mend.settings' },
  databaseAway: { says: 'doctor.says.databaseAway', mend: 'doctor.mend.databaseAway' },
  databaseDamaged: { says: 'doctor.says.databaseDamaged', mend: 'doctor.mend.databaseDamaged' },
  databaseNewer: { says: 'doctor.says.databaseNewer', mend: 'doctor.mend.databaseNewer' },
  backupNone: { says: 'doctor.says.backupNone', mend: 'doctor.mend.backupNone' },
  backupOld: { says: 'doctor.says.backupOld', mend: 'doctor.mend.backupOld' },
  noAccount: { says: 'doctor.says.noAccount', mend: 'doctor.mend.noAccount' },
  keys: { says: 'doctor.says.keys', mend: 'doctor.mend.keys' },
  upstreamAway: { says: 'doctor.says.upstreamAway', mend: 'doctor.mend.upstreamAway' },
  upstreamOther: { says: 'doctor.says.upstreamOther', mend: 'doctor.mend.upstreamOther' },
  serviceAway: { says: 'doctor.says.serviceAway', mend: 'doctor.mend.serviceAway' },
  serviceNotReady: { says: 'doctor.says.serviceNotReady', mend: 'doctor.mend.serviceNotReady' },
  vaultAway: { says: 'doctor.says.vaultAway', mend: 'doctor.mend.vaultAway' },
  workersMemory: { says: 'doctor.says.workersMemory', mend: 'doctor.mend.workersMemory' },
  workersEnding: { says: 'doctor.says.workersEnding', mend: 'doctor.mend.workersEnding' },
  otherName: { says: 'doctor.says.otherName', mend: 'doctor.mend.otherName' },
  secretMissing: { says: 'doctor.says.secretMissing', mend: 'doctor.mend.secretMissing' },
  secretWrong: { says: 'doctor.says.secretWrong', mend: 'doctor.mend.secretWrong' },
  nameUnknown: { says: 'doctor.says.nameUnknown', mend: 'doctor.mend.nameUnknown' },
  connectionRefused: { says: 'doctor.says.connectionRefused', mend: 'doctor.mend.connectionRefused' },
  clockOff: { says: 'doctor.says.clockOff', mend: 'doctor.mend.clockOff' },
  plainHttp: { says: 'doctor.says.plainHttp', mend: 'doctor.mend.plainHttp' },
  noTls: { says: 'doctor.says.noTls', mend: 'doctor.mend.noTls' },
  certificateExpired: { says: 'doctor.says.certificateExpired', mend: 'doctor.mend.certificateExpired' },
  certificateEarly: { says: 'doctor.says.certificateEarly', mend: 'doctor.mend.certificateEarly' },
  certificateName: { says: 'doctor.says.certificateName', mend: 'doctor.mend.certificateName' },
  certificateSelfSigned: {
    says: 'doctor.says.certificateSelfSigned',
    mend: 'doctor.mend.certificateSelfSigned',
  },
  certificateChain: { says: 'doctor.says.certificateChain', mend: 'doctor.mend.certificateChain' },
  certificateUntrusted: {
    says: 'doctor.says.certificateUntrusted',
    mend: 'doctor.mend.certificateUntrusted',
  },
  certificateSoon: { says: 'doctor.says.certificateSoon', mend: 'doctor.mend.certificateSoon' },
  httpOld: { says: 'doctor.says.httpOld', mend: 'doctor.mend.httpOld' },
  redirected: { says: 'doctor.says.redirected', mend: 'doctor.mend.redirected' },
  proxyError: { says: 'doctor.says.proxyError', mend: 'doctor.mend.proxyError' },
  hostRefused: { says: 'doctor.says.hostRefused', mend: 'doctor.mend.hostRefused' },
  notRefused: { says: 'doctor.says.notRefused', mend: 'doctor.mend.notRefused' },
  challengeDropped: { says: 'doctor.says.challengeDropped', mend: 'doctor.mend.challengeDropped' },
  challengeWrong: { says: 'doctor.says.challengeWrong', mend: 'doctor.mend.challengeWrong' },
  authorizationDropped: {
    says: 'doctor.says.authorizationDropped',
    mend: 'doctor.mend.authorizationDropped',
  },
  documentMissing: { says: 'doctor.says.documentMissing', mend: 'doctor.mend.documentMissing' },
  documentOther: { says: 'doctor.says.documentOther', mend: 'doctor.mend.documentOther' },
  documentStale: { says: 'doctor.says.documentStale', mend: 'doctor.mend.documentStale' },
  resourceDiffers: { says: 'doctor.says.resourceDiffers', mend: 'doctor.mend.resourceDiffers' },
  issuerDiffers: { says: 'doctor.says.issuerDiffers', mend: 'doctor.mend.issuerDiffers' },
  mixedSchemes: { says: 'doctor.says.mixedSchemes', mend: 'doctor.mend.mixedSchemes' },
  endpointWrong: { says: 'doctor.says.endpointWrong', mend: 'doctor.mend.endpointWrong' },
  proxiesUnknown: { says: 'doctor.says.proxiesUnknown', mend: 'doctor.mend.proxiesUnknown' },
  corsMissing: { says: 'doctor.says.corsMissing', mend: 'doctor.mend.corsMissing' },
  corsDoubled: { says: 'doctor.says.corsDoubled', mend: 'doctor.mend.corsDoubled' },
  registrationOff: { says: 'doctor.says.registrationOff', mend: 'doctor.mend.registrationOff' },
  signInPage: { says: 'doctor.says.signInPage', mend: 'doctor.mend.signInPage' },
  tokenNotGiven: { says: 'doctor.says.tokenNotGiven', mend: 'doctor.mend.tokenNotGiven' },
  callFailed: { says: 'doctor.says.callFailed', mend: 'doctor.mend.callFailed' },
  buffered: { says: 'doctor.says.buffered', mend: 'doctor.mend.buffered' },
} as const satisfies Readonly<Record<string, CauseWords>>;

export type Cause = keyof typeof causes;

/** Each check's name, in the order in which they are made. */
export const checks = {
  settings: 'doctor.checks.settings',
  database: 'doctor.checks.database',
  backups: 'doctor.checks.backups',
  account: 'doctor.checks.account',
  keys: 'doctor.checks.keys',
  upstream: 'doctor.checks.upstream',
  auth: 'doctor.checks.auth',
  api: 'doctor.checks.api',
  vault: 'doctor.checks.vault',
  workers: 'doctor.checks.workers',
  names: 'doctor.checks.names',
  credential: 'doctor.checks.credential',
  dns: 'doctor.checks.dns',
  connection: 'doctor.checks.connection',
  clock: 'doctor.checks.clock',
  certificate: 'doctor.checks.certificate',
  protocol: 'doctor.checks.protocol',
  endpoint: 'doctor.checks.endpoint',
  challenge: 'doctor.checks.challenge',
  authorization: 'doctor.checks.authorization',
  resource: 'doctor.checks.resource',
  issuer: 'doctor.checks.issuer',
  endpoints: 'doctor.checks.endpoints',
  proxies: 'doctor.checks.proxies',
  browsers: 'doctor.checks.browsers',
  registration: 'doctor.checks.registration',
  signIn: 'doctor.checks.signIn',
  token: 'doctor.checks.token',
  calls: 'doctor.checks.calls',
  stream: 'doctor.checks.stream',
} as const satisfies Readonly<Record<string, WordKey>>;

export type CheckName = keyof typeof checks;
