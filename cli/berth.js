#!/usr/bin/env node
require("../stacks/lazySdk");
require("sucrase/register/ts");
require("./main").main(process.argv.slice(2));
