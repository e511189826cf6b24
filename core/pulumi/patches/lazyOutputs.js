// The SDK makes an output for every property of every resource before it is registered, some ninety for a container, of
// about fifty promises and functions each. Hardly any is ever asked for: each is made when it is.
const SDK = /@pulumi[\\/]pulumi[\\/]/;
/** The module with `transferProperties`. */
exports.RPC = /@pulumi[\\/]pulumi[\\/]runtime[\\/]rpc\.js$/;
const DATA = { configurable: true, enumerable: true, writable: true };

/** Whether a module of the SDK asks for that one. */
exports.isRpc = (request, parent) => /(^|\/)rpc$/.test(request) && SDK.test(parent?.filename ?? "");

const done = new WeakSet();

exports.outputsWhenAsked = function outputsWhenAsked(rpc) {
  const { transferProperties } = rpc;
  if (transferProperties?.length !== 3 || done.has(rpc)) return rpc;
  done.add(rpc);
  rpc.transferProperties = (onto, label, props) => {
    // Its own message about a property that is there already.
    if (Object.keys(props).some((key) => Object.hasOwn(onto, key))) return transferProperties(onto, label, props);
    const resolvers = {};
    for (const key of Object.keys(props)) {
      if (key === "id" || key === "urn") continue;
      let resolve;
      let known;
      resolvers[key] = (...values) => {
        if (resolve) resolve(...values);
        else known = values;
      };
      Object.defineProperty(onto, key, {
        configurable: true,
        enumerable: true,
        get() {
          delete onto[key];
          resolve = transferProperties(onto, label, { [key]: props[key] })[key];
          if (known) resolve(...known);
          return onto[key];
        },
        set: (value) => Object.defineProperty(onto, key, { ...DATA, value }),
      });
    }
    return resolvers;
  };
  return rpc;
};
