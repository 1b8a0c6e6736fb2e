// An adapter of the library's with some methods of our own in front: what a request finds may depend on what it asks.
import type { Adapter } from 'oidc-provider';

export function wrapAdapter(inner: Adapter, own: Partial<Adapter>): Adapter {
  return {
    find: (id) => inner.find(id),
    upsert: (id, payload, expiresIn) => inner.upsert(id, payload, expiresIn),
    destroy: (id) => inner.destroy(id),
    consume: (id) => inner.consume(id),
    findByUid: (uid) => inner.findByUid(uid),
    findByUserCode: (userCode) => inner.findByUserCode(userCode),
    revokeByGrantId: (grantId) => inner.revokeByGrantId(grantId),
    ...own,
  };
}
