// Whether a container engine can be used or started here: exit code 0 if so, else the reason.
import { Engine } from './engine.ts';

try {
  const engine = await Engine.open();
  await engine.close();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
