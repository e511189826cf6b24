interface Hooks {
  getSessionAsync(): Promise<{ post(method: string, done: () => void): void }>;
}

let off: Promise<void> | undefined;

/**
 * Switches the debugger of V8 off, which the SDK has switched on to serialise functions. At every rejected promise it
 * asks, in all promises behind it, whether somebody will catch it: one service that fails among a few that depend on one
 * another takes minutes and gigabytes to be told (Node.js 20.20). Called on `up` before a service is waited for, so that a
 * program that does serialise functions has it until then.
 */
export function debuggerOff(): Promise<void> {
  // Every service comes by here.
  off ??= switchOff();
  return off;
}

async function switchOff(): Promise<void> {
  const file = Object.keys(require.cache).find((name) => /@pulumi[\\/]pulumi[\\/].*v8Hooks\.js$/.test(name));
  if (!file) return;
  const session = await (require(file) as Hooks).getSessionAsync();
  await new Promise<void>((resolve) => session.post("Debugger.disable", resolve));
}
