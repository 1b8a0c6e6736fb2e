// What BROWSER names for programs that open one: signs the tests' person in at the address given, allows, and follows the
// redirect back to the program.
import { authorizeInBrowser } from '../../scripts/demo/sign-in.ts';
import { person } from './person.ts';

await fetch(await authorizeInBrowser(String(process.argv[2]), person));
