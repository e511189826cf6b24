import { readFileSync } from "node:fs";
import { join } from "node:path";
import { daemonJsonPage } from "../../../../docs/daemonJson";
import { dockerRunPage } from "../../../../docs/dockerRun";
import { enginesPage } from "../../../../docs/engines";

test("docs/docker-run.md is what the table of flags says: npm run docs", () => {
  expect(readFileSync(join(__dirname, "../../../../docs/docker-run.md"), "utf8")).toBe(dockerRunPage());
});

test("docs/engines.md is what the tables of the engines say: npm run docs", () => {
  expect(readFileSync(join(__dirname, "../../../../docs/engines.md"), "utf8")).toBe(enginesPage());
});

test("docs/daemon-json.md is what the table of settings says: npm run docs", () => {
  expect(readFileSync(join(__dirname, "../../../../docs/daemon-json.md"), "utf8")).toBe(daemonJsonPage());
});
