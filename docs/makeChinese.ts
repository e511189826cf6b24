// The pages in Chinese that are made from code, by a process that speaks Chinese: docs/make.ts starts it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chineseCliPage } from "./cli";
import { daemonJsonPage } from "./daemonJson";
import { dockerRunPage } from "./dockerRun";
import { enginesPage } from "./engines";

const folder = join(__dirname, "zh-CN");
const cli = join(folder, "cli.md");
writeFileSync(cli, chineseCliPage(readFileSync(cli, "utf8")));
writeFileSync(join(folder, "daemon-json.md"), daemonJsonPage());
writeFileSync(join(folder, "docker-run-flags.md"), dockerRunPage());
writeFileSync(join(folder, "engines.md"), enginesPage());
