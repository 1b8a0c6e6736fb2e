// Who changes a note: an app, for an account.

interface Named {
  id: string;
  /** As people know it, where that is known; an app gave itself its own. */
  name?: string | undefined;
}

export interface Cause {
  client: Named;
  account: Named;
}
