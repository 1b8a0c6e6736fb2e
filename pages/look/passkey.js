// Asks the browser for a passkey and sends what it gives as a form; only pages that offer one have it.
(() => {
  if (typeof PublicKeyCredential !== 'function') return;
  for (const missing of document.querySelectorAll('[data-passkey=missing]')) missing.hidden = true;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
  const toText = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(''))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');

  const readOptions = (json) => {
    const options = JSON.parse(json);
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const one of options.excludeCredentials ?? []) one.id = toBytes(one.id);
    return options;
  };

  // Not by the browser's own toJSON, which older ones lack.
  const names = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
  const writeCredential = ({ id, type, response }) => {
    const parts = names.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
    const transports = response.getTransports?.() ?? [];
    return JSON.stringify({
      id,
      rawId: id,
      type,
      clientExtensionResults: {},
      response: { ...Object.fromEntries(parts), transports },
    });
  };

  const setUp = async (form) => {
    const { passkey: kind, options: json } = form.dataset;
    const failed = form.querySelector('[role=alert]');
    const waiting = new AbortController();
    const ask = async (more) => {
      const publicKey = readOptions(json);
      const credential = await navigator.credentials[kind]({ publicKey, ...more });
      form.elements.passkey.value = writeCredential(credential);
      form.submit();
    };
    form.hidden = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      failed.hidden = true;
      waiting.abort();
      ask({}).catch(() => {
        failed.hidden = false;
      });
    });
    // Where the browser can, it offers passkeys in the field of the name, among what it fills in.
    const isOffered = kind === 'get' && (await PublicKeyCredential.isConditionalMediationAvailable?.());
    if (isOffered && !waiting.signal.aborted)
      ask({ mediation: 'conditional', signal: waiting.signal }).catch(() => {});
  };

  for (const form of document.querySelectorAll('form[data-passkey]')) void setUp(form);
})();
