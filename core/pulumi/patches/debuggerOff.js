let off;

// To serialise functions the SDK switches V8's debugger on. At every rejected promise that asks, in all promises behind
// it, whether somebody will catch it: one service that fails among a few that depend on one another takes minutes and
// gigabytes to be told (Node.js 20.20).
exports.debuggerOff = async function debuggerOff() {
  // Every service comes by here, and the first time may be before the SDK is loaded.
  off ??= switchOff();
  await off;
};

function switchOff() {
  const hooks = Object.keys(require.cache).find((file) => /@pulumi[\\/]pulumi[\\/].*v8Hooks\.js$/.test(file));
  if (!hooks) return undefined;
  return require(hooks)
    .getSessionAsync()
    .then((session) => new Promise((done) => session.post("Debugger.disable", () => done())));
}
