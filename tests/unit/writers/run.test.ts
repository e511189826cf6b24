import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDockerLines } from "../../../core/readers/dockerRun";
import { toRun } from "../../../core/writers/run";
import { tidy } from "../../../core/description/describe";
import type { ProjectDescription, ProjectService } from "../../../core/description/project";
import { FIELDS, withField } from "./fields";
import { project } from "../project";
import { PROJECTS } from "./projects";

const print = (given: ProjectDescription) => toRun(given, { folder: "/srv" });
const read = (lines: string[], environment: Record<string, string> = {}) =>
  parseDockerLines(lines, "shop", { environment, folder: "/srv", home: "/root" });

const meaning = ({ services, networks, volumes }: ProjectDescription) => ({
  networks,
  volumes,
  services: Object.fromEntries(Object.entries(services).map(([key, one]) => [key, tidy(one, "/srv")])),
});
const environmentOf = ({ services }: ProjectDescription) =>
  Object.assign({}, ...Object.values(services).map(({ environment }) => environment)) as Record<string, string>;

const FROM_LINES = PROJECTS.filter(([name]) => !["wordpress", "my-app", "files"].includes(name));
test.each(FROM_LINES)("%s: lines that are printed are read as the same", (_, given) => {
  expect(meaning(read(print(given).lines, environmentOf(given)))).toEqual(meaning(given));
});

const sortedLists = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, item: unknown) => (Array.isArray(item) ? [...item].sort() : item));

/** What a line cannot say in these words; each has a notice or another form. */
const OTHERWISE = [
  "replicas",
  "secrets",
  "configs",
  "waitTimeout",
  "mode",
  "pullPolicy",
  "macAddress",
  "isolation",
  "kernelMemory",
  "links",
];
test.each(FIELDS.filter(([key]) => !OTHERWISE.includes(key)))("%s: %j is read back", (key, value) => {
  // Said by a notice, which has a test of its own.
  if (key === "healthcheck" && Array.isArray((value as { test?: unknown }).test)) return;
  if (/macAddress|by-path/.test(JSON.stringify(value))) return;
  const given = withField(key, value);
  const { lines, notices } = print(project({ web: { containerName: "web", ...given } }));
  const [, got] = Object.entries(meaning(read(lines)).services)[0]!;
  const want = tidy({ containerName: "web", ...given }, "/srv");
  // Only `--entrypoint` takes one word; the others stand before the command.
  if (key === "entrypoint" && String(value) !== "") {
    const words = (one: typeof got) =>
      [one.entrypoint ?? [], one.command ?? []].flatMap((part) => (Array.isArray(part) ? part : part.split(" ")));
    expect(words(got)).toEqual(words(want));
    return;
  }
  // An empty command is the image's own, as without one.
  if (key === "command" && Array.isArray(value) && value.length === 0) expect(got.command).toBeUndefined();
  else if (key === "restart" && value === "no") expect(got.restart).toBeUndefined();
  else if (key === "privileged" && value === false) expect(got.privileged).toBeUndefined();
  // `-v` makes a missing folder by itself.
  else if (JSON.stringify(value).includes("createHostPath")) expect(got.volumes).toEqual(["/made:/a"]);
  // To the command line no interval and none given are the same.
  else if (JSON.stringify(value) === '{"interval":"0s"}') expect(got.healthcheck).toBeUndefined();
  // Its capabilities are a set, to which `gpu` is added last.
  else if (key === "gpus") expect(sortedLists(got.gpus)).toEqual(sortedLists(want.gpus));
  else expect(got).toEqual(want);
  expect(notices).toEqual([]);
});

test("a project becomes networks, volumes, images, and containers in the order of their needs", () => {
  const { lines, notices } = print(
    project(
      {
        web: {
          image: "shop-web",
          build: {
            context: "/srv/web",
            dockerfile: "Dockerfile.prod",
            args: { V: "1 2", OUTER: null },
            target: "run",
            tags: ["shop-web:1"],
          },
          dependsOn: { db: { condition: "service_healthy" }, migrate: { condition: "service_completed_successfully" } },
          networks: [
            { name: "shop_default", aliases: ["web"] },
            {
              name: "corp",
              aliases: ["www"],
              ipv4Address: "10.0.0.9",
              ipv6Address: "fd00::9",
              linkLocalIps: ["169.254.1.1"],
            },
          ],
        },
        migrate: { image: "alpine:3", networks: ["shop_default"] },
        db: {
          image: "mysql:8",
          volumes: ["shop_data:/var/lib/mysql"],
          networks: [{ name: "shop_default", aliases: ["db", "sql"] }],
        },
      },
      {
        networks: {
          default: {
            name: "shop_default",
            driver: "bridge",
            internal: true,
            ipam: {
              config: [
                {
                  subnet: "10.1.0.0/24",
                  gateway: "10.1.0.1",
                  ipRange: "10.1.0.128/25",
                  auxAddresses: { a: "10.1.0.5" },
                },
              ],
            },
            labels: { a: "b c" },
          },
          corp: { name: "corp", external: true },
        },
        volumes: {
          data: { name: "shop_data" },
          nfs: { name: "shop_nfs", driverOpts: { type: "nfs", o: "addr=10.0.0.1,rw" } },
          idle: { name: "shop_idle" },
        },
      },
    ),
  );
  expect(lines).toEqual([
    "docker network create --driver bridge --subnet 10.1.0.0/24 --gateway 10.1.0.1 --ip-range 10.1.0.128/25 --aux-address a=10.1.0.5 --internal --label 'a=b c' shop_default",
    "docker volume create -o type=nfs -o o=addr=10.0.0.1,rw shop_nfs",
    "docker volume create shop_idle",
    "docker build -t shop-web -t shop-web:1 -f web/Dockerfile.prod --build-arg 'V=1 2' --build-arg OUTER --target run ./web",
    "docker run -d --name db --network shop_default --network-alias sql -v shop_data:/var/lib/mysql mysql:8",
    // The next one waits for its end.
    "docker run --name migrate --network shop_default alpine:3",
    "docker run -d --name web --network shop_default shop-web",
    "docker network connect --alias www --ip 10.0.0.9 --ip6 fd00::9 --link-local-ip 169.254.1.1 corp web",
  ]);
  expect(notices.map(({ level, at }) => `${level} ${at}`)).toEqual([
    "note networks.corp",
    "note services.web.dependsOn.db",
  ]);
});

test("secrets are named, never shown", () => {
  const { lines, notices } = print(
    project({
      db: { image: "mysql:8", environment: { MYSQL_ROOT_PASSWORD: "s3cret", A: "1" } },
      other: { image: "mysql:8", environment: { MYSQL_ROOT_PASSWORD: "0ther" } },
    }),
  );
  expect(lines).toEqual([
    "docker run -d --name db -e MYSQL_ROOT_PASSWORD -e A=1 mysql:8",
    "docker run -d --name other -e MYSQL_ROOT_PASSWORD mysql:8",
  ]);
  expect(notices).toHaveLength(2);
  for (const { level, text } of notices) {
    expect(level).toBe("warning");
    // One shell variable cannot hold both.
    expect(text).toContain("anew before each line");
  }
});

test("variables from outside and files are named", () => {
  const { lines, notices } = print(
    project({
      web: { image: "nginx:1", environment: { LANG: null }, envFile: [{ path: "/srv/a.env", format: "raw" }, "b.env"] },
    }),
  );
  expect(lines).toEqual(["docker run -d --name web -e LANG --env-file ./a.env --env-file ./b.env nginx:1"]);
  expect(notices.map(({ text }) => text)).toEqual([
    "docker run takes quotes, comments behind values and $ in ./a.env and ./b.env as they stand",
  ]);
});

describe("an environment file that docker reads otherwise than Compose", () => {
  const printed = (text: string, environment = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "berth-env-"));
    writeFileSync(join(folder, "a.env"), text);
    const web = { image: "nginx:1", envFile: "a.env", environment };
    const { lines, notices } = toRun(project({ web }), { folder });
    rmSync(folder, { recursive: true });
    return [...lines.map((line) => line.replace(/^docker run -d --name web /, "")), ...notices.map(({ text }) => text)];
  };

  test("its values are said beside it", () => {
    expect(printed("A='x y' # why\nB=1\nC=$B-c\nD=set\n", { D: "own" })).toEqual([
      "-e 'A=x y' -e C=1-c -e D=own --env-file ./a.env nginx:1",
    ]);
  });

  test("nothing is said where both read the same", () => {
    expect(printed("# all\nA=x y\nB=1\n")).toEqual(["--env-file ./a.env nginx:1"]);
  });

  test("a secret is not", () => {
    expect(printed('DB_PASSWORD="hunter2222"\nB=1\n')).toEqual([
      "--env-file ./a.env nginx:1",
      "docker run takes quotes, comments behind values and $ in ./a.env as they stand: write DB_PASSWORD plainly there",
    ]);
  });
});

test.each<[Partial<ProjectService>, string]>([
  [{ waitTimeout: "5m" }, "note services.web.waitTimeout"],
  [{ healthcheck: { test: ["CMD", "true"] } }, "note services.web.healthcheck.test"],
  [{ secrets: [{ source: "key", content: "k3y" }] }, "warning services.web.secrets.key"],
  [{ configs: [{ source: "site", environment: "SITE" }] }, "warning services.web.configs.site"],
  [
    { networks: ["mynet", { name: "two", macAddress: "02:42:ac:11:00:02" }] },
    "warning services.web.networks[1].macAddress",
  ],
  [{ devices: [{ source: "/dev/disk/by-path/pci-0:0", target: "/dev/x" }] }, "warning services.web.devices[0]"],
  [{ replicas: 0 }, "note services.web"],
  [{ replicas: 2 }, "note services.web"],
])("%j is said", (given, expected) => {
  const { lines, notices } = print(project({ web: { image: "nginx:1", ...given } }));
  expect(notices.map(({ level, at }) => `${level} ${at}`)).toContain(expected);
  expect(lines.join()).not.toContain("k3y");
  expect(lines.filter((line) => line.startsWith("docker run"))).toHaveLength(given.replicas ?? 1);
});

test("names that Docker does not take get the project's in front", () => {
  expect(print(project({ a: { image: "nginx:1" } })).lines).toEqual(["docker run -d --name shop-a nginx:1"]);
});

test("a path that has to be there stays `--mount`; `-v` would make it", () => {
  const bind = (target: string, more: object = {}) => ({ type: "bind" as const, source: "/x", target, ...more });
  const { lines, notices } = print(
    project({
      web: {
        image: "nginx:1",
        volumes: [
          bind("/a"),
          bind("/b", { readOnly: true, bind: { propagation: "rshared", createHostPath: false } }),
          bind("/c", { bind: { createHostPath: true } }),
          bind("/d", { bind: { selinux: "z" } }),
          "/x:/e",
        ],
      },
    }),
  );
  expect(lines).toEqual([
    "docker run -d --name web --mount type=bind,src=/x,dst=/a --mount type=bind,src=/x,dst=/b,readonly,bind-propagation=rshared -v /x:/c -v /x:/d:z -v /x:/e nginx:1",
  ]);
  expect(notices).toEqual([
    {
      level: "note",
      at: "services.web.volumes[3]",
      text: "only `-v` can say z, and it makes what is missing: see that /x is there",
    },
  ]);
});

test("containers that others share something with have the names that are printed", () => {
  const theirs = { image: "nginx:1", networkMode: "container:shop-vpn-1", pid: "container:elsewhere" };
  const { lines } = print(
    project(
      {
        vpn: { image: "nginx:1" },
        v: { image: "nginx:1", replicas: 2 },
        side: { ...theirs, ipc: "container:shop-v-1", volumesFrom: ["shop-vpn-1:ro"] },
      },
      { name: "shop" },
    ),
  );
  expect(lines.at(-1)).toBe(
    "docker run -d --name side --network container:vpn --volumes-from vpn:ro --ipc container:shop-v-1 --pid container:elsewhere nginx:1",
  );
  expect(lines.slice(0, -1).map((line) => /--name (\S+)/.exec(line)?.[1])).toEqual(["vpn", "shop-v-1", "shop-v-2"]);
});
