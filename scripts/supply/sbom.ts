// npm run sbom: the bill of materials of an image, and under which licences what it holds may be used.
// The room: what an image holds, of others and of ours, and how it is made. Not how it is run: compose.yaml.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, program } from 'commander';
import { writeBill } from './bill.ts';
import { type Service, services } from './installed.ts';
import { writeLicences } from './licences.ts';

program.name('npm run sbom --').description('What is in the images of other people, by the lock.');

program
  .command('bill', { isDefault: true })
  .description('prints the bill of materials of an image (CycloneDX 1.6, JSON)')
  .addArgument(new Argument('<service>', 'whose image').choices(services))
  .option('--output <file>', 'writes it there instead')
  .action((service: Service, { output }: { output?: string }) =>
    print(writeBill(service, version()), output),
  );

program
  .command('licences')
  .description('prints the table of licences of both images (docs/licences.md)')
  .option('--output <file>', 'writes it there instead')
  .action(({ output }: { output?: string }) => print(writeLicences(), output));

await program.parseAsync();

function print(text: string, output: string | undefined): void {
  if (output === undefined) process.stdout.write(text);
  else writeFileSync(output, text);
}

function version(): string {
  const file = join(import.meta.dirname, '../../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
