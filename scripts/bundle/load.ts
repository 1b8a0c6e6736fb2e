// What stands before each program of a bundle: runs the bundle's files with what V8 made of them while the image was built. Node's own
// cache (NODE_COMPILE_CACHE) is written as soon as a file is read and has none of the functions that run later; this one has all that
// a start runs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, Script } from 'node:vm';

const folder = import.meta.dirname;
const requireOther = createRequire(join(folder, 'load.js'));

/** Runs a file of the bundle and whatever it loads, as node would. `program` names the kept code: each runs other functions. */
export function load(program: string, entry: string): void {
  const kept = join(folder, 'compiled', program);
  const modules = new Map<string, { exports: unknown }>();
  const scripts = new Map<string, Script>();

  function requireFile(file: string): unknown {
    const known = modules.get(file);
    if (known) return known.exports;
    const filename = join(folder, file);
    // ASCII and one function, as bundle.ts writes it: read without a look at each letter, and held once.
    const script = new Script(readFileSync(filename, 'latin1'), {
      filename,
      cachedData: readKept(join(kept, file)),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    scripts.set(file, script);
    const module = { exports: {} };
    modules.set(file, module);
    script.runInThisContext()(module.exports, require, module, filename, folder);
    return module.exports;
  }
  const require = Object.assign(
    (id: string): unknown => (id.startsWith('./') ? requireFile(id.slice(2)) : requireOther(id)),
    requireOther,
  );

  if (process.env['LOOP_KEEP_COMPILED']) process.once('exit', () => keepCode(kept, scripts));
  requireFile(entry);
}

/** Undefined where nothing was kept: the file is compiled then. What fits another version of node is not used by V8. */
function readKept(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function keepCode(kept: string, scripts: ReadonlyMap<string, Script>): void {
  mkdirSync(kept, { recursive: true });
  for (const [file, script] of scripts) writeFileSync(join(kept, file), script.createCachedData());
}
