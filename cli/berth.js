#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

require("../core/pulumi/patches/lazyLoading");
// The package is compiled, a checkout is not.
if (!existsSync(join(__dirname, "main.js"))) require("../core/loadTypescript");
require("./main").main(process.argv.slice(2));
