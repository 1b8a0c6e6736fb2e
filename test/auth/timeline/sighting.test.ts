// How what is seen one by one becomes a try: what is told late, and a second early by rounding.
import t from 'tap';
import { addTo, type Sighting } from '../../../auth/timeline/sighting.ts';

const seen = { network: '192.0.2.1', clientId: 'app' };
const asked: Sighting = { ...seen, step: 'called', at: 100, network: 'none' };
const refused = (at: number): Sighting => ({ ...seen, step: 'called', at, cause: 'callType' });

t.test('a refusal that is told a second early is of the call whose token was asked about', async (t) => {
  const known = addTo(undefined, asked, false);
  for (const at of [99, 100, 101]) t.equal(addTo(known, refused(at), false).cause, 'callType', `at ${at}`);
});

t.test(
  'a refusal from before another call that went well is over, and a call that goes well ends one',
  async (t) => {
    const known = addTo(undefined, asked, false);
    t.equal(addTo(known, refused(98), false), known);
    t.equal(addTo(addTo(known, refused(99), false), { ...asked, at: 130 }, false).cause, undefined);
  },
);
