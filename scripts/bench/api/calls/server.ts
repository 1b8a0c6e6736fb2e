// One side, in a process of its own: what ran before in the same process, and what it left in the compiler and the heap, makes
// the next one dearer. Tells its parent where it listens, and how much processor time it has used.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { openVault } from '../../../../api/vault/vault.ts';
import { createSide, measureCheck, type Side } from './sides.ts';

const [side = '', directory = '', indexPath = ''] = process.argv.slice(2);
const vault = await openVault({ directory, indexPath });
while (vault.progress().building) await setTimeout(20);

const server = createServer(createSide(side as Side, vault));
server.listen(0, '127.0.0.1', () => tell((server.address() as AddressInfo).port));

process.on('message', (asked: 'processor time' | 'check') => {
  if (asked === 'check') {
    void measureCheck(vault).then(tell);
    return;
  }
  // All threads: those that collect garbage and compile work for the calls too.
  const { user, system } = process.cpuUsage();
  tell(user + system);
});
process.once('disconnect', () => void vault.close().then(() => process.exit()));

function tell(number: number): void {
  process.send?.(number);
}
