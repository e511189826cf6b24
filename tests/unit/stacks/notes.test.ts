import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../stacks";
import { CONTAINER, IMAGE, NETWORK, VOLUME, type World, world } from "../mocks";

const folder = mkdtempSync(join(tmpdir(), "berth-notes-"));
const file = join(folder, "docker.md");
const NOTE = `# Notes

\`\`\`sh
docker run -d --name nginx01 -p 666:80 nginx
docker run -d -p 3306:3306 -v mysql:/var/lib/mysql -e MYSQL_ROOT_PASSWORD=123456 --name mysql01 mysql:5.7
docker run -d --name nginx01 -p 667:80 nginx
docker run -d image_name
\`\`\`

\`\`\`sh
docker network create -d bridge my-bridge
docker run -d --name box01 --network my-bridge busybox sleep 3600
docker run -d --name box02 --network my-bridge busybox sleep 3600
\`\`\`

\`\`\`yaml
services:
  web:
    image: nginx:1.27
    ports: ["81:80"]
    volumes: [data:/data]
volumes:
  data:
\`\`\`

\`\`\`dockerfile
FROM busybox
CMD ["ls", "-a"]
\`\`\`

\`\`\`sh
docker build -t cmd-test:1.0 .
docker run cmd-test:1.0
\`\`\`

\`\`\`yaml
apiVersion: v1
kind: Pod
metadata:
  name: pod
spec:
  containers: [{ name: web, image: "nginx:1.27" }]
\`\`\`
`;
writeFileSync(file, NOTE);
afterAll(() => rmSync(folder, { recursive: true }));

let w: World;
const setups = (...names: string[]) => ({
  "berth:notes": JSON.stringify([file]),
  "berth:setups": JSON.stringify(names),
});

async function stack(config: Record<string, string>) {
  w = await world({ stack: "notes", config: { "berth:owner": "me", ...config } });
  const outputs = await run({ engine: false });
  await w.done();
  expect(w.lateErrors()).toEqual([]);
  return outputs;
}

async function refused(config: Record<string, string>): Promise<string> {
  w = await world({ stack: "notes", config });
  const error = (await run({ engine: false }).catch((problem: unknown) => problem)) as Error;
  expect(w.resources).toEqual([]);
  return error.message;
}

test("chosen setups of a note are applied, and nothing else of it", async () => {
  const outputs = await stack(setups("nginx01", "mysql01"));
  expect(
    w
      .all(CONTAINER)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["mysql01", "nginx01"]);
  expect(w.one(CONTAINER, "nginx01").inputs.ports).toMatchObject([{ internal: 80, external: 666 }]);
  expect(w.one(VOLUME, "mysql").retainOnDelete).toBe(true);
  expect(w.one(CONTAINER, "mysql01").secrets.length).toBeGreaterThan(0);
  expect(w.warnings.join("\n")).toContain(
    "mysql01: services.mysql01.environment.MYSQL_ROOT_PASSWORD: is a secret in clear",
  );
  expect(Object.keys(outputs)).toEqual(["containers", "endpoints"]);
});

test("a setup by the name of one of its containers, with its network", async () => {
  await stack(setups("box02"));
  expect(
    w
      .all(CONTAINER)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["box01", "box02"]);
  expect(w.one(NETWORK).inputs.name).toBe("my-bridge");
});

test("a compose file of a note, as Compose would name and label it", async () => {
  await stack(setups("web"));
  const { inputs } = w.one(CONTAINER, "web-web-1");
  expect(inputs.labels).toContainEqual({ label: "com.docker.compose.project.config_files", value: file });
  expect(w.one(VOLUME).inputs.name).toBe("web_data");
});

test("an image that a note builds", async () => {
  await stack(setups("cmd-test"));
  const { build } = w.one(IMAGE, "cmd-test:1.0").inputs as { build: { context: string } };
  expect(build.context).toBe(folder);
  expect(w.all(CONTAINER).map(({ name }) => name)).toEqual(["cmd-test"]);
});

test("the only setup need not be named", async () => {
  const single = join(folder, "single.md");
  writeFileSync(single, "`docker run -d --name one nginx:1.27`\n");
  await stack({ "berth:notes": JSON.stringify([single]) });
  expect(w.one(CONTAINER).name).toBe("one");
});

test.each([
  [{}, "berth:notes: names no note; add one with `pulumi config set --path 'berth:notes[0]' notes.md`."],
  [
    { "berth:notes": '["/nowhere.md"]' },
    "berth:notes: /nowhere.md cannot be read (ENOENT); name a note of this machine.",
  ],
  [
    { "berth:notes": JSON.stringify([file]) },
    `berth:setups: names none of the 7 setups of ${file}; choose from nginx01, mysql01, nginx01-2, my-bridge, web, cmd-test, pod.`,
  ],
  [
    setups("ngin01"),
    `berth:setups: ${file} has no setup "ngin01"; did you mean nginx01? There are nginx01, mysql01, nginx01-2, my-bridge, web, cmd-test, pod.`,
  ],
  [
    setups("nginx01", "nginx01-2"),
    "berth:setups: nginx01 and nginx01-2 cannot run side by side, for both take the name nginx01; choose one of them.",
  ],
  [
    setups("pod"),
    "berth:setups: pod is a setup of manifests, and this program is for containers; save it as a file, and name that in berth:manifests of a stack of the program manifests.",
  ],
  [
    { ...setups("nginx01"), "berth:setup": "x" },
    expect.stringMatching(/^berth:setup: is not a setting of the berth stack; use berth:notes, berth:setups/),
  ],
])("%j is refused in one sentence", async (config, message) => {
  expect(await refused(config as Record<string, string>)).toEqual(message);
});
