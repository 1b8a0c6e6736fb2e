// Notes that were missed: which of them a file that is met elsewhere was.
import t from 'tap';
import { GoneNotes } from '../../../../../api/vault/index/folder/gone-notes.ts';

t.test('a note that is gone is found by its file or by its bytes, until it is met again', (t) => {
  const gone = new GoneNotes();
  gone.add({ number: 1, file: 'f1', revision: 'r' });
  gone.add({ number: 2, file: 'f2', revision: 'r' });
  t.equal(gone.findFile('f2'), 2);
  t.equal(gone.findRevision('r'), 1);
  t.ok(gone.delete(1));
  t.notOk(gone.delete(1));
  t.equal(gone.findFile('f1'), undefined);
  t.equal(gone.findRevision('r'), 2);
  gone.delete(2);
  t.equal(gone.findRevision('r'), undefined);
  t.ok(gone.isEmpty);
  t.end();
});

t.test('where the file system tells files not apart, none is taken for another', (t) => {
  const gone = new GoneNotes();
  gone.add({ number: 1, file: '', revision: 'r' });
  t.equal(gone.findFile(''), undefined);
  t.end();
});

t.test('what one look missed is settled with the next', (t) => {
  const gone = new GoneNotes();
  gone.startLook();
  gone.add({ number: 1, file: '', revision: 'r' });
  t.same(gone.listSettled(), []);
  gone.startLook();
  gone.add({ number: 2, file: '', revision: 's' });
  t.same(gone.listSettled(), [1]);
  t.end();
});
