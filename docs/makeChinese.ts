// The tables of docs/zh-CN/cli.md, by a process that speaks Chinese: docs/make.ts starts it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chineseCliPage } from "./cli";

const file = join(__dirname, "zh-CN/cli.md");
writeFileSync(file, chineseCliPage(readFileSync(file, "utf8")));
