// Schemes that never lead back to the app that asked: they belong to the browser, to the system or to a public protocol.

// A browser would run or read the code itself (Fetch standard, local and special schemes; RFC 8252 section 8.4).
const browsers = `about blob cid data ecmascript file filesystem ftp ftps http https jar javascript jscript livescript
  mhtml mid mocha vbscript view-source ws wss wyciwyg
  brave chrome chrome-devtools chrome-error chrome-extension chrome-native chrome-search chrome-untrusted devtools edge
  firefox moz-extension moz-icon moz-page-thumb opera resource safari-extension safari-web-extension vivaldi
  googlechrome googlechromes microsoft-edge microsoft-edge-holographic`;

// Protocols, not apps: any page may ask the browser to be their handler (HTML standard, safelisted schemes; the schemes
// of WebExtensions' protocol_handlers; IANA's register of URI schemes).
const protocols = `aaa aaas acap afp bitcoin cabal callto coap coaps dat dav davs did dns dweb ethereum fax feed feeds fish
  geo git go gopher hyper iax icap im imap imaps info ipfs ipn ipns ipp ipps irc irc6 ircs iris jabber ldap ldaps magnet
  mailto matrix message mms mmsh mmst modem msrp mtqp mupdate news nfs nntp openpgp4fpr opaquelocktoken pop pop3 pres
  rdar rdp rlogin rsync rtmp rtmps rtsp rtspu sftp shttp sieve sip sips skype smb smbs sms smsto smtp snews snmp spice ssb
  ssh stun stuns svn tag tel telnet tftp tip tn3270 turn turns udp urn uuid vnc webcal wais wtai xmpp z39.50 z39.50r z39.50s`;

// Commands of the system: Windows ("Reserved file and URI scheme names", Microsoft Learn), Android (intents, packages and
// content providers), Apple (settings, stores, scripts).
const systems = `application.manifest application.reference batfile bing cerfile chm.file cmdfile comfile cplfile dllfile
  drvfile dtmf exefile fonfile hcp hlpfile htafile iehistory ierss inffile insfile internetshortcut its jsefile lnkfile
  maps mk msi.package msi.patch ocxfile office onenote onenote-cmd piffile regfile res scrfile scriptletfile search
  shbfile shcmdfile shell shsfile stickynotes sysfile ttffile unknown usertileprovider vbefile vbsfile wallet
  windows.gadget windowsmediacenterapp windowsmediacenterssl windowsmediacenterweb wsffile wsfile wshfile xbls zune
  android-app android-resource content intent market package
  app-prefs app-settings applescript applenews diagnostics facetime facetime-audio facetime-group help imessage
  itms itms-apps itms-appss itms-books itms-bookss itms-beta itms-services itmss macappstore macappstores photos-redirect
  prefs shareddocuments shortcuts videos workflow`;

const taken = new Set(`${browsers} ${protocols} ${systems}`.split(/\s+/));

// Whole families: Microsoft's own, every search- and explorer-command, handlers that a web page or an extension sets up,
// Apple's private ones.
const families = /^(?:ms-|search-|explorer\.|microsoft\.|web\+|ext\+|x-apple|x-man-|x-help|com\.apple\.)/;

/**
 * What is wrong with a scheme that an app gives as its own (without the colon, in lower case), or undefined. RFC 8252
 * section 7.1 asks for the app's domain in reverse; real apps use one word (`cursor`, `vscode`), which is let be.
 */
export function findSchemeFault(scheme: string): string | undefined {
  if (taken.has(scheme) || families.test(scheme))
    return `must not use ${scheme}: which belongs to the browser, the system or a protocol; use a scheme of the app’s own`;
  const letters = scheme.match(/[a-z]/g)?.length ?? 0;
  if (letters < 3 && !scheme.includes('.'))
    return `must not use ${scheme}: which is too short to be an app’s own scheme; three letters or a dot are the least`;
  return undefined;
}
