#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");

// A checkout is compiled when it is loaded, the package beforehand.
const checkout = existsSync(join(__dirname, "main.ts"));
if (checkout) {
  require("../core/pulumi/patches/lazyLoading");
  require("../core/loadTypescript");
} else require("../dist/core/pulumi/patches/lazyLoading");
const load = (name) => require(checkout ? `./${name}` : `../dist/cli/${name}`);
const words = load("language").takeLanguage(process.argv.slice(2));
if (typeof words !== "string") load("main").main(words);
else {
  console.error(`error: ${words}`);
  process.exitCode = 2;
}
