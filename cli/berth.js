#!/usr/bin/env node
require("../core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
require("./main").main(process.argv.slice(2));
