// Someone else's host that an answer of ours needs is away.

/** A client's document or key set can't be read, and no copy of it will do: nobody's fault here, and worth another try. */
export class HostUnavailable extends Error {
  override readonly name = 'HostUnavailable';
}
