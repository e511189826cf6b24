// Records anew what docker and Compose make of the lines and files: node tests/parity/refresh.js. Needs the docker CLI
// with its Compose plugin, no engine.
require("sucrase/register/ts");
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { COMPOSE_CASES } = require("./composeCases");
const { askDocker, askScripts, cliVersion } = require("./docker");
const { askCompose, composeVersion } = require("./dockerCompose");
const { LINES } = require("./lines");
const { SCRIPTS } = require("./scripts");

const API_VERSION = "1.47";

/** One line for each answer, so that a change shows as what it is. */
function save(name, head, answers) {
  const entries = Object.entries(answers).map(([key, answer]) => `${JSON.stringify(key)}: ${JSON.stringify(answer)}`);
  const start = Object.entries({ ...head, apiVersion: API_VERSION }).map(([key, value]) => `"${key}": "${value}"`);
  writeFileSync(join(__dirname, name), `{${start.join(", ")}, "answers": {\n${entries.join(",\n")}\n}}\n`);
  console.log(`${name}: ${entries.length} answers of ${Object.values(head)}`);
}

(async () => {
  const [cli, compose] = [cliVersion(), composeVersion()];
  if (!cli || !compose) throw new Error("the docker CLI and its Compose plugin have to be on PATH");
  const lines = LINES.map(({ line }) => line);
  save("recorded.json", { cli }, await askDocker(lines, API_VERSION));
  save("recordedScripts.json", { cli }, await askScripts(SCRIPTS, API_VERSION));
  save("recordedCompose.json", { compose }, await askCompose(COMPOSE_CASES, API_VERSION));
})();
