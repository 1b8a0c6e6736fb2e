// Which names are those of a conflict copy, and of which file: what each program writes, and what people write.
import t from 'tap';
import { findConflictOf } from '../../../../api/vault/names/conflict-name.ts';

const copies = [
  'Plan.sync-conflict-20261120-101010-ABCDEFG.md',
  'Plan.sync-conflict-20261120-101010.md',
  "Plan (Bea's conflicted copy 2026-11-20).md",
  "Plan (Bea's conflicted copy 2026-11-20 (1)).md",
  "Plan (Bea's conflicted copy 2026-11-20) (1).md",
  'Plan (Bea의 충돌된 사본 2026-11-20).md',
  'Plan (Copia in conflitto di Bea 2026-11-20).md',
  'Plan (Cópia em conflito de Bea 2026-11-20).md',
  'Plan (conflicted copy 2026-11-20 101010).md',
  'Plan (conflicted copy bea 2026-11-20 101010).md',
  'Plan (Conflicted copy phone 202611201010).md',
  'Plan (Case Conflict).md',
  'Plan (Case Conflict 1).md',
  'Plan (Unicode Encoding Conflict (1)).md',
  'Plan_conflict-20261120-101010.md',
  'Plan_Andy-PC_Jan-03-0901-2013_CaseConflict_1.md',
  'Plan_DiskStation_Nov-20-101010-2026_Conflict.md',
  'Plan (SFConflict bea@example.com 2026-11-20-10-10-10).md',
  'Plan (# Edit conflict 2026-11-20 bXz9EeA #).md',
  'Plan (# Name clash 2026-11-20 bXz9EeA #).md',
  'Plan-DESKTOP-1A2B3C4.md',
  'Plan-DESKTOP-1A2B3C4-2.md',
  'Plan-LAPTOP-1A2B3C4D.md',
  'Plan.Conflict.md',
  'Plan [conflicted].md',
  'Plan_BASE_12345.md',
  'Plan_REMOTE_7.md',
  'Plan.sync-conflict-20261120-101010-ABCDEFG.sync-conflict-20261121-101010-ABCDEFG.md',
];

const others = [
  'Plan.md',
  'Plan 2.md',
  'Plan (1).md',
  'Plan (copy).md',
  'Plan-LAPTOP.md',
  'Plan-DESKTOP-SETUP.md',
  'DESKTOP-1A2B3C4.md',
  'Rules (my conflicted copyright).md',
  'Plan (# Edit conflict #).md',
  'Conflict.md',
  'Conflicted copy.md',
  '(conflicted copy 2026-11-20).md',
  '.sync-conflict-20261120-101010-ABCDEFG.md',
  'Notes on sync-conflict files.md',
  'Meeting (conflict with Bea 2026-11-20).md',
  'What a conflicted copy 2026-11-20 is.md',
  'Case Conflict.md',
  'snake_case_BASE_name.md',
  'Kant_Critique_Conflict.md',
  'sync-conflict/Plan.md',
  "Plan (Bea's conflicted copy 2026-11-20)/Note.md",
];

t.test('what sync programs write is a copy of the file without it, in its folder', (t) => {
  for (const name of copies) {
    t.equal(findConflictOf(name), 'Plan.md', name);
    t.equal(findConflictOf(`폴더/A.b/${name}`), '폴더/A.b/Plan.md', name);
  }
  t.equal(findConflictOf('a_b_NAS_Nov-20-1010-2026_Conflict.markdown'), 'a_b.markdown');
  t.end();
});

t.test('what people write is none', (t) => {
  for (const name of others) t.equal(findConflictOf(name), undefined, name);
  t.end();
});
