#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

// A checkout is compiled when it is loaded, the package beforehand.
const checkout = existsSync(join(__dirname, "main.ts"));
if (checkout) {
  require("../core/pulumi/patches/lazyLoading");
  require("../core/loadTypescript");
} else require("../dist/core/pulumi/patches/lazyLoading");
require(checkout ? "./main" : "../dist/cli/main").main(process.argv.slice(2));
