// The SDK loads at start what a program hardly ever needs: a TypeScript compiler (and up to 3.248 npm's dependency
// resolver) and a reader of package.json, to serialise functions for dynamic providers and serverless code, and its API
// for programs that run the CLI. berth has none of these: they load on first use. So does what tells where time goes, which
// only `pulumi --tracing` asks for.
require("../compileCache");
const Module = require("node:module");
const { isRpc, outputsWhenAsked, RPC } = require("./lazyOutputs");

const CLOSURE = /@pulumi[\\/]pulumi[\\/]runtime[\\/]closure[\\/]/;
/** What asks for them. */
const HEAVY = new Map([
  ["../../typescript-shim", CLOSURE],
  ["@npmcli/arborist", CLOSURE],
  ["normalize-package-data", CLOSURE],
  ["./automation", /@pulumi[\\/]pulumi[\\/]index\.js$/],
]);
/** Takes functions and classes out of its modules at once. */
const TRACING = /@pulumi[\\/]pulumi[\\/]cmd[\\/]run[\\/]tracing\.js$/;

function lazily(load) {
  let loaded;
  const real = () => (loaded ??= load());
  return new Proxy(
    {},
    {
      // Said to be an ES module, so that the importing code does not copy its exports at once. One that is none is its own
      // default.
      get: (_, key) =>
        key === "__esModule" && !loaded ? true : key === "default" && !real().__esModule ? real() : real()[key],
      has: (_, key) => key in real(),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, key) =>
        Object.assign(Object.getOwnPropertyDescriptor(real(), key) ?? {}, { configurable: true }),
    },
  );
}

exports.lazily = lazily;

/** A module of functions and classes, which is loaded when one of them is called. */
const whenCalled = (load) =>
  new Proxy(
    {},
    {
      get: (_, key) =>
        function (...args) {
          const part = load()[key];
          return new.target ? Reflect.construct(part, args) : part(...args);
        },
    },
  );

const load = Module._load;
Module._load = function (request, parent, ...rest) {
  if (parent && HEAVY.get(request)?.test(parent.filename))
    return lazily(() => load.call(this, request, parent, ...rest));
  if (request.startsWith("@opentelemetry/") && request !== "@opentelemetry/api" && TRACING.test(parent?.filename ?? ""))
    return whenCalled(() => load.call(this, request, parent, ...rest));
  const loaded = load.call(this, request, parent, ...rest);
  return isRpc(request, parent) ? outputsWhenAsked(loaded) : loaded;
};

// The host of a program has loaded that much of the SDK before it.
for (const file of Object.keys(require.cache).filter((name) => RPC.test(name))) outputsWhenAsked(require(file));

// Nothing here serialises functions.
void require("./debuggerOff").debuggerOff();
