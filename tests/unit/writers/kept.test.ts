import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectDescription } from "../../../core/description/project";
import { loadCompose } from "../../../core/readers/compose";
import { parseDockerLines } from "../../../core/readers/dockerRun";
import { toCompose } from "../../../core/writers/compose";
import { toKubernetes } from "../../../core/writers/kubernetes";
import { toRun } from "../../../core/writers/run";
import { toTypescript } from "../../../core/writers/typescript";

const folder = mkdtempSync(join(tmpdir(), "berth-kept-"));
afterAll(() => rmSync(folder, { recursive: true }));

const environment = { SET: "in-the-shell" };
function compose(text: string, dotEnv = ""): ProjectDescription {
  writeFileSync(join(folder, "compose.yaml"), text);
  writeFileSync(join(folder, ".env"), dotEnv);
  return loadCompose({ files: ["compose.yaml"] }, { folder, environment, namesStay: true });
}
const options = { folder };

describe("a variable that is only named", () => {
  const list = () =>
    compose(`services: { app: { image: "app:1", environment: [SET, UNSET, OF_FILE] } }\n`, "OF_FILE=x1\n");
  const map = () =>
    compose(`services: { app: { image: "app:1", environment: { SET: , UNSET: , OF_FILE: } } }\n`, "OF_FILE=x1\n");
  const line = () =>
    parseDockerLines(["docker run -d --name app -e SET -e UNSET -e OF_FILE=x1 app:1"], "app", {
      folder,
      environment,
      home: "/root",
      secretsLater: true,
    });

  test.each([
    ["a list of a compose file", list],
    ["a map of a compose file", map],
    ["a line", line],
  ])("of %s stays a name, whatever the shell has", (_, read) => {
    expect(toCompose(read(), options).text).toMatch(/environment:\n {6}SET:\n {6}UNSET:\n {6}OF_FILE: x1\n/);
    expect(toRun(read(), options).lines.at(-1)).toContain("-e SET -e UNSET -e OF_FILE=x1");
    expect(toTypescript(read(), options).text).toContain('environment: { SET: null, UNSET: null, OF_FILE: "x1" }');
    const { text, notices } = toKubernetes(read(), options);
    expect(text).not.toContain("in-the-shell");
    expect(notices.map((notice) => notice.text).join("\n")).toContain(
      '--from-literal=SET="$SET" --from-literal=UNSET="$UNSET"',
    );
  });

  test("has its value where a script sets it", () => {
    const project = parseDockerLines(["export SET=other\ndocker run -d --name app -e SET app:1"], "app", {
      folder,
      environment,
      home: "/root",
      secretsLater: true,
    });
    expect(project.services.app!.environment).toEqual({ SET: "other" });
  });

  test("has its value where a project is applied", () => {
    writeFileSync(join(folder, "compose.yaml"), `services: { app: { image: "app:1", environment: [SET, UNSET] } }\n`);
    const { services } = loadCompose({ files: ["compose.yaml"] }, { folder, environment });
    expect(services.app!.environment).toEqual({ SET: "in-the-shell", UNSET: null });
  });
});

test("a folder of a compose file is one short text where it is there, and may be made where it is not", () => {
  mkdirSync(join(folder, "there"), { recursive: true });
  const text = `services: { app: { image: "app:1", volumes: ["./there:/a:ro", "./gone:/b"] } }\n`;
  const { text: program } = toTypescript(compose(text), options);
  expect(program).toContain('"./there:/a:ro"');
  expect(program).toContain('{ type: "bind", source: "./gone", target: "/b", bind: { createHostPath: true } }');
});

test.each(["any", "unless-stopped", "on-failure", "none"])(
  "a service of deploy is started again on %s",
  (condition) => {
    const deploy = `deploy: { restart_policy: { condition: ${condition}, delay: 5s } }`;
    const read = compose(`services: { app: { image: "app:1", ${deploy} } }\n`);
    const again = compose(toCompose(read, options).text);
    expect(again.services.app).toEqual(read.services.app);
    expect(read.services.app!.restart).toBe({ any: "always", none: "no" }[condition] ?? condition);
  },
);

test("no row of a program is longer than 120 columns, however many have one secret", () => {
  const names = Array.from({ length: 12 }, (_, index) => `service-number-${index}`);
  const services = names.map(
    (name) => `  ${name}: { image: "app:1", environment: { DATABASE_PASSWORD: k3vFz8qLw0Rt7YxB } }`,
  );
  const others = names.map(
    (name, index) =>
      `  other-${name}: { image: "app:1", environment: { ADMIN_TOKEN_${index}: t${index}vFz8qLw0Rt7YxB } }`,
  );
  const words = Array.from({ length: 40 }, (_, index) => `--option-${index} "it's ${index}"`).join(" ");
  const long = `  long: { image: "app:1", command: [sh, -c, ${JSON.stringify(words)}], labels: { said: ${JSON.stringify(words)} } }`;
  const project = compose(`services:\n${[...services, ...others, long].join("\n")}\n`);
  const { text } = toTypescript(project, options);
  const said = /said:\s*([^}]*?),\n/.exec(text)![1]!;
  expect(new Function(`return ${said}`)()).toBe(words);
  expect(text.split("\n").filter((row) => row.length > 120 && !row.includes("return"))).toEqual([]);
  expect(text).toContain("and 9 more");
});
