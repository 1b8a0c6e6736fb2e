// npm run retrieval: asks the sample vault, and vaults it is given, questions whose notes are known, and prints how far
// up those were found.
import { program } from 'commander';
import { measureSets } from './api/retrieval.ts';

program
  .name('npm run retrieval --')
  .description('Prints recall@1, recall@10 and MRR over questions with the notes they mean.')
  .argument('[sets]', 'a folder of question sets (*.json) beside that of the sample vault')
  .option('--vaults <folder>', 'where the vaults they name are checked out; the same folder without it')
  .action((sets: string | undefined, { vaults }: { vaults?: string }) => measureSets(sets, vaults));

await program.parseAsync();
