// What Node.js has compiled is kept beside the installed packages: compiling is a fifth of the time of a short command.
// Where the folder cannot be written it goes on without; NODE_COMPILE_CACHE names another one.
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

const [installed = join(__dirname, "../../node_modules")] = /^.*[\\/]node_modules(?=[\\/])/.exec(__dirname) ?? [];
enableCompileCache?.(join(installed, ".cache/berth/compiled"));
