// oidc-provider says nothing at start: no NOTICE, no WARNING.
import t from 'tap';

t.test('placeholder', (t) => {
  t.equal(1, 1);
  t.end();
});
