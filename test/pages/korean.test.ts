// Particles after names of every kind.
import t from 'tap';
import { particleAfter, particles } from '../../pages/korean.ts';

t.test('a particle follows how the name ends when it is read aloud', (t) => {
  const cases: [name: string, ending: string][] = [
    ['민지', '민지가 민지를 민지는 민지와 민지로'],
    ['민준', '민준이 민준을 민준은 민준과 민준으로'],
    ['서울', '서울이 서울을 서울은 서울과 서울로'],
    ['내 노트 (집)', '내 노트 (집)이 내 노트 (집)을 내 노트 (집)은 내 노트 (집)과 내 노트 (집)으로'],
    ['ChatGPT', 'ChatGPT가 ChatGPT를 ChatGPT는 ChatGPT와 ChatGPT로'],
    ['XML', 'XML이 XML을 XML은 XML과 XML로'],
    ['Plan B', 'Plan B가 Plan B를 Plan B는 Plan B와 Plan B로'],
    ['Note 2', 'Note 2가 Note 2를 Note 2는 Note 2와 Note 2로'],
  ];
  for (const [name, ending] of cases) {
    const said = Object.values(particles).map((particle) => `${name}${particleAfter(name, particle)}`);
    t.equal(said.join(' '), ending, name);
  }
  t.equal(particleAfter('민준'.normalize('NFD'), '이/가'), '이', 'also of letters that are taken apart');
  t.end();
});

t.test('where the reading takes knowing the name, both forms are written', (t) => {
  for (const name of ['Claude', 'NASA', 'mcp', 'Wiki 3', 'loop 2026', '味噌汁', 'Łódź', '😀', '', '""']) {
    const said = Object.values(particles).map((particle) => particleAfter(name, particle));
    t.same(said, ['이(가)', '을(를)', '은(는)', '와(과)', '(으)로'], name);
  }
  t.equal(particleAfter('Wiki 1', '이/가'), '이', 'whichever way 1 is read');
  t.equal(particleAfter('Wiki 1', '으로/로'), '(으)로', 'but not before this one');
  t.end();
});
