// The one script of the pages, and none needs it: it tells the person's zone, copies, prints, shows a password, folds long pages.
(() => {
  const { path, copied } = document.currentScript.dataset;
  const said = document.getElementById('said');
  for (const button of document.querySelectorAll('button[data-copy]')) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener('click', async () => {
      const source = document.getElementById(button.dataset.copy);
      getSelection().selectAllChildren(source);
      // Browsers have no clipboard for plain http but the old command.
      const isDone = await (
        navigator.clipboard?.writeText(source.textContent.trim()) ?? Promise.reject()
      ).then(
        () => true,
        () => document.execCommand('copy'),
      );
      if (!isDone) return;
      said.textContent = button.textContent = copied;
      setTimeout(() => {
        button.textContent = label;
        said.textContent = '';
      }, 2000);
    });
  }

  for (const button of document.querySelectorAll('button[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  // biome-ignore lint/suspicious/noDocumentCookie: plain http on a home network has no Cookie Store
  if (zone) document.cookie = `loop_zone=${zone}; Path=${path}; Max-Age=31536000; SameSite=Lax${secure}`;

  for (const button of document.querySelectorAll('button[data-show]')) {
    const field = document.getElementById(button.dataset.show);
    const show = button.textContent;
    const set = (isShown) => {
      field.type = isShown ? 'text' : 'password';
      button.textContent = isShown ? button.dataset.hide : show;
    };
    button.hidden = false;
    button.addEventListener('click', () => {
      set(field.type === 'password');
      field.focus();
    });
    // Browsers keep what was typed into a field of plain text.
    field.form.addEventListener('submit', () => set(false));
  }

  // Where cookies are blocked, so is the storage. An address can't keep it: the Refresh header goes to the one it came with.
  const stored = (method, ...values) => {
    try {
      return sessionStorage[method]('open', ...values);
    } catch {
      return null;
    }
  };

  // Whole without the script; with it one at a time, and the same one when the page is asked for again.
  const folds = [...document.querySelectorAll('details.fold')];
  const opened = location.hash.slice(1) || stored('getItem');
  for (const fold of folds) {
    fold.open = fold.id === opened;
    fold.addEventListener('toggle', () => {
      if (!fold.open) return;
      for (const other of folds) other.open = other === fold;
      stored('setItem', fold.id);
    });
  }
})();
