import * as pulumi from "@pulumi/pulumi";
import { Portainer, type PortainerArgs } from "../../../components/portainer";
import { run } from "../../../stacks";
import { CONTAINER, value, VOLUME, type World, world } from "../mocks";
import { sentence } from "../refusal";

const PASSWORD = "a long password";
let w: World;
const begin = async (config: Record<string, string> = {}) => {
  w = await world({ stack: "portainer", config: { "berth:owner": "me", ...config } });
};
beforeEach(() => begin());

const portainer = (args: Partial<Record<keyof PortainerArgs, unknown>> = {}) =>
  new Portainer("portainer", { dockerSocket: true, adminPassword: PASSWORD, ...args } as PortainerArgs);
const refusal = (args: Parameters<typeof portainer>[0]) => sentence(() => portainer(args));

test("H6: the documented line, with a password that stands in a file of the container alone", async () => {
  const web = portainer();
  await w.done();
  const { inputs, secrets } = w.one(CONTAINER);
  expect(inputs).toMatchObject({
    name: "portainer",
    image: "portainer/portainer-ce:lts",
    command: ["--admin-password-file", "/run/berth-portainer/admin-password"],
    ports: [{ internal: 9443, external: 9443, ip: "", protocol: "tcp" }],
    restart: "always",
    volumes: [
      { containerPath: "/var/run/docker.sock", hostPath: "/var/run/docker.sock" },
      { containerPath: "/data", volumeName: "portainer_data" },
    ],
    uploads: [{ file: "/run/berth-portainer/admin-password", content: PASSWORD }],
  });
  expect(secrets.some((path) => path.startsWith("uploads"))).toBe(true);
  expect(JSON.stringify({ ...inputs, uploads: undefined })).not.toContain(PASSWORD);
  expect(w.one(VOLUME, "portainer_data").retainOnDelete).toBe(true);
  expect(await value(web.address)).toBe("https://localhost:9443");
});

test("what can be chosen", async () => {
  portainer({
    version: "2.27.9",
    containerName: "console",
    port: "none",
    data: "/srv/portainer",
    service: { secrets: [{ source: "license", target: "/license", content: "x" }] },
  });
  await w.done();
  const { inputs } = w.one(CONTAINER);
  expect(inputs).toMatchObject({ name: "console", image: "portainer/portainer-ce:2.27.9" });
  expect(inputs.ports).toBeUndefined();
  expect(inputs.uploads).toHaveLength(2);
  expect(w.all(VOLUME)).toEqual([]);
});

const NEEDED =
  "Portainer is of no use without the engine's socket, and with it whoever logs in is root on the engine's host; set it to true where that is wanted (for the stack: `pulumi config set portainer:dockerSocket true`).";
test.each<[Parameters<typeof portainer>[0], string]>([
  [{ dockerSocket: undefined }, `dockerSocket: ${NEEDED}`],
  [{ dockerSocket: false }, `dockerSocket: ${NEEDED}`],
  [{ dockerSocket: "/var/run/docker.sock" }, "dockerSocket: is text; give true or false."],
  [{ adminPassword: undefined }, "adminPassword: is missing; give a secret, for example config.requireSecret(...)."],
  [{ adminPassword: "elevenchars" }, "adminPassword: is shorter than 12 characters; choose a longer one."],
  [{ adminPassword: "ä".repeat(37) }, "adminPassword: is longer than 72 bytes; choose a shorter one."],
  [{ adminPassword: "first line\nsecond" }, "adminPassword: has several lines; give a single one."],
  [
    { version: "lts", image: "x" },
    "version: is given together with image; put the tag into image, or give version alone.",
  ],
  [{ data: "a:b" }, 'data: "a:b" is no folder or volume; name one.'],
  [{ port: 70000 }, "port: 70000 is not a whole number in range; use 1 to 65535."],
  [
    { engine: "swarm" },
    "engine: on a Swarm Portainer would see the one node that it runs on, and wants an agent on every other; use the engine docker for it.",
  ],
  [
    { engine: "kubernetes" },
    "engine: a cluster has no engine's socket, and Portainer would want every right there in its place; use the engine docker for it.",
  ],
])("%j is refused", async (args, expected) => {
  expect(refusal(args)).toBe(`Portainer "portainer": ${expected}`);
  await w.done();
  expect(w.all(CONTAINER)).toEqual([]);
});

test("a password that arrives late is checked as well", async () => {
  portainer({ adminPassword: pulumi.secret("short") });
  await w.done();
  expect(w.lateErrors()).toEqual([
    'Portainer "portainer": adminPassword: is shorter than 12 characters; choose a longer one.',
  ]);
});

describe("the stack", () => {
  test("wants its socket by name, and an engine that has one", async () => {
    await begin({ "portainer:adminPassword": PASSWORD });
    await expect(run({ engine: false })).rejects.toThrow(`Portainer "portainer": dockerSocket: ${NEEDED}`);
    await begin({ "berth:engine": "swarm", "portainer:dockerSocket": "true", "portainer:adminPassword": PASSWORD });
    await expect(run({ engine: false })).rejects.toThrow('Portainer "portainer": engine: on a Swarm');
  });

  test("with its settings", async () => {
    await begin({
      "portainer:dockerSocket": "true",
      "portainer:adminPassword": PASSWORD,
      "portainer:image": "registry.example/portainer:1",
      "portainer:port": "9000",
    });
    const outputs = await run({ engine: false });
    await w.done();
    expect(w.one(CONTAINER).inputs).toMatchObject({ name: "portainer", image: "registry.example/portainer:1" });
    expect(await value(outputs.address as pulumi.Output<string>)).toBe("https://localhost:9000");
  });
});
