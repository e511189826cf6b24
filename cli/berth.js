#!/usr/bin/env node
require("sucrase/register/ts");
require("./main").main(process.argv.slice(2));
