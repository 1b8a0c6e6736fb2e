// What a process that a test starts gets of this one's environment, besides what the test gives it: nothing that says how to behave.
export const bareEnvironment = {
  PATH: process.env['PATH'],
  // Where it finds the sources that others have loaded before it (scripts/test).
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
} as const;
