// The SDK loads a TypeScript compiler at start (and up to 3.248 npm's dependency resolver): half of the time that it
// takes to load, to serialise functions for dynamic providers and serverless code. berth has neither: they load on first
// use.
const Module = require("node:module");
const { isRpc, outputsWhenAsked } = require("./lazyOutputs");

const CLOSURE = /@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]/;
const HEAVY = new Set(["../../typescript-shim", "@npmcli/arborist"]);

function lazily(load) {
  let loaded;
  const real = () => (loaded ??= load());
  return new Proxy(
    {},
    {
      // Said to be an ES module, so that the importing code does not copy its exports at once.
      get: (_, key) => (key === "__esModule" && !loaded ? true : real()[key]),
      has: (_, key) => key in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, key) =>
        Object.assign(Object.getOwnPropertyDescriptor(real(), key) ?? {}, { configurable: true }),
    },
  );
}

exports.lazily = lazily;

const load = Module._load;
Module._load = function (request, parent, ...rest) {
  if (HEAVY.has(request) && parent && CLOSURE.test(parent.filename))
    return lazily(() => load.call(this, request, parent, ...rest));
  const loaded = load.call(this, request, parent, ...rest);
  return isRpc(request, parent) ? outputsWhenAsked(loaded) : loaded;
};

// Nothing here serialises functions.
void require("./debuggerOff").debuggerOff();
