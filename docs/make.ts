// Writes the pages that are made from code: `npm run docs`.
import "./english";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argumentTypes } from "./argumentTypes";
import { cliPage } from "./cli";
import { daemonJsonPage } from "./daemonJson";
import { dockerRunPage } from "./dockerRun";
import { enginesPage } from "./engines";
import { chinesePicturesPage, pictures, picturesPage } from "./pictures";
import { pluginSchema } from "./pluginSchema";
import { templateFiles } from "./template";

writeFileSync(join(__dirname, "cli.md"), cliPage());
// Messages have one language in a process.
execFileSync(process.execPath, ["-r", join(__dirname, "../core/loadTypescript"), join(__dirname, "makeChinese.ts")], {
  env: { ...process.env, BERTH_LANG: "zh" },
  stdio: "inherit",
});
writeFileSync(join(__dirname, "daemon-json.md"), daemonJsonPage());
writeFileSync(join(__dirname, "docker-run-flags.md"), dockerRunPage());
writeFileSync(join(__dirname, "engines.md"), enginesPage());
writeFileSync(join(__dirname, "pictures.md"), picturesPage());
writeFileSync(join(__dirname, "zh-CN/pictures.md"), chinesePicturesPage());
writeFileSync(join(__dirname, "../cli/plugin/schema.json"), pluginSchema());
writeFileSync(join(__dirname, "../core/pulumi/argumentTypes.json"), argumentTypes());

void templateFiles().then((files) => {
  const folder = join(__dirname, "../package/template");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

void pictures().then((all) => {
  const folder = join(__dirname, "pictures");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, `${name}.svg`), text);
});
