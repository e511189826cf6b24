import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  buildxGoesElsewhere,
  type EngineAddress,
  engineAddress,
  engineHostname,
  type EngineSettings,
} from "../../../../core/engines/dockerApi/connection/address";

const home = mkdtempSync(join(tmpdir(), "berth-contexts-"));
afterAll(() => rmSync(home, { recursive: true }));

function context(name: string, host: string, certificates = false): string {
  const id = createHash("sha256").update(name).digest("hex");
  const meta = join(home, ".docker/contexts/meta", id);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
  const tls = join(home, ".docker/contexts/tls", id, "docker");
  if (certificates) mkdirSync(tls, { recursive: true });
  return tls;
}
context("gpu", "ssh://ada@gpu1");
context("plain", "tcp://gpu1:2375");
const tlsFolder = context("safe", "tcp://gpu1:2376", true);
mkdirSync(join(home, ".docker/contexts/meta/broken"));
writeFileSync(join(home, ".docker/contexts/meta/broken/meta.json"), "{");

const SOCKET = "unix:///var/run/docker.sock";
const find = (settings: EngineSettings, env: NodeJS.ProcessEnv = {}) => engineAddress(settings, env, home);
const refusal = (settings: EngineSettings, env: NodeJS.ProcessEnv = {}) => {
  try {
    return JSON.stringify(find(settings, env));
  } catch (error) {
    return (error as Error).message;
  }
};

describe("what stands before what, as in the Docker provider", () => {
  test.each<[string, EngineSettings, NodeJS.ProcessEnv, object]>([
    ["nothing", {}, {}, { host: "unix:///var/run/docker.sock" }],
    ["empty texts", { host: "", context: "" }, { DOCKER_HOST: "" }, { host: "unix:///var/run/docker.sock" }],
    ["a variable", {}, { DOCKER_HOST: "unix:///run/user/1/docker.sock" }, { host: "unix:///run/user/1/docker.sock" }],
    ["a setting before it", { host: "unix:///a" }, { DOCKER_HOST: "unix:///b" }, { host: "unix:///a" }],
    ["a context", { context: "gpu" }, {}, { host: "ssh://ada@gpu1", besides: SOCKET }],
    ["a context's variable", {}, { DOCKER_CONTEXT: "gpu" }, { host: "ssh://ada@gpu1", besides: SOCKET }],
    [
      "a context's setting before it",
      { context: "gpu" },
      { DOCKER_CONTEXT: "plain" },
      { host: "ssh://ada@gpu1", besides: SOCKET },
    ],
    [
      "a context beside a host of ssh, which the provider does not look for",
      { context: "plain", host: "ssh://h" },
      {},
      {
        host: "tcp://gpu1:2375",
        warnings: [
          expect.stringContaining("docker:context (plain: tcp://gpu1:2375) stands before docker:host (ssh://h)"),
          expect.stringContaining("without TLS"),
        ],
      },
    ],
    [
      "certificates' folder",
      { host: "tcp://h:2376" },
      { DOCKER_CERT_PATH: "/c" },
      { host: "tcp://h:2376", certificates: { certPath: "/c" } },
    ],
    [
      "its setting before its variable",
      { host: "tcp://h:2376", certPath: "/s" },
      { DOCKER_CERT_PATH: "/c" },
      { host: "tcp://h:2376", certificates: { certPath: "/s" } },
    ],
    [
      "with DOCKER_TLS_VERIFY",
      { host: "tcp://h:2376" },
      { DOCKER_CERT_PATH: "/c", DOCKER_TLS_VERIFY: "1" },
      { host: "tcp://h:2376", certificates: { certPath: "/c" } },
    ],
    [
      "certificates' texts",
      { host: "tcp://h:2376", caMaterial: "A", certMaterial: "C" },
      { DOCKER_KEY_MATERIAL: "K" },
      { host: "tcp://h:2376", certificates: { ca: "A", cert: "C", key: "K" } },
    ],
    [
      "options of ssh",
      { host: "ssh://h", sshOpts: '["-i","a key"]' },
      { DOCKER_SSH_OPTS: "-v" },
      { host: "ssh://h", sshOpts: ["-i", "a key"] },
    ],
    [
      "options of ssh from their variable",
      { host: "ssh://h" },
      { DOCKER_SSH_OPTS: " -i  key " },
      { host: "ssh://h", sshOpts: ["-i", "key"] },
    ],
    ["options of ssh that are for nobody", { host: "unix:///a" }, { DOCKER_SSH_OPTS: "-v" }, { host: "unix:///a" }],
  ])("%s", (_, settings, env, expected) => {
    expect(find(settings, env)).toEqual(expected);
  });

  test.each([
    [["/var/run/docker.sock", "/home/ada/.docker/run/docker.sock"], "/var/run/docker.sock"],
    [["/home/ada/.docker/run/docker.sock"], "/home/ada/.docker/run/docker.sock"],
    [["/home/ada/.docker/desktop/docker.sock"], "/home/ada/.docker/desktop/docker.sock"],
    [[], "/var/run/docker.sock"],
  ])("nothing, where there are the sockets %j", (sockets, expected) => {
    const exists = (path: string) => (sockets as string[]).includes(path);
    expect(engineAddress({}, { HOME: "/home/ada" }, home, exists)).toEqual({ host: `unix://${expected}` });
  });

  test("a context before a host, which is said", () => {
    expect(find({ host: "unix:///a", context: "gpu" })).toEqual({
      host: "ssh://ada@gpu1",
      besides: "unix:///a",
      warnings: ["docker:context (gpu: ssh://ada@gpu1) stands before docker:host (unix:///a)."],
    });
    expect(find({}, { DOCKER_HOST: "ssh://ada@gpu1", DOCKER_CONTEXT: "gpu" }).warnings).toBeUndefined();
  });
});

describe("what the provider would fail at, or do without TLS", () => {
  const tls = "remove it, or name an engine at tcp://.";
  test.each<[EngineSettings, NodeJS.ProcessEnv, string]>([
    [{ host: "docker" }, {}, 'docker:host: "docker" is no address; use unix://, ssh:// or tcp://.'],
    [
      {},
      { DOCKER_HOST: "tcp://h" },
      "DOCKER_HOST: tcp://h names no port; add it, most likely :2376 with TLS and :2375 without.",
    ],
    [{ host: "tcp://h:2375/v1" }, {}, "docker:host: tcp://h:2375/v1 has a path, which no engine has; remove it."],
    [
      { host: "ssh://h" },
      { DOCKER_CERT_PATH: "/c" },
      `DOCKER_CERT_PATH: ssh://h has no TLS, and the Docker provider would speak it there; ${tls}`,
    ],
    [
      { caMaterial: "A", certMaterial: "C", keyMaterial: "K" },
      {},
      `docker:certMaterial: unix:///var/run/docker.sock has no TLS, and the Docker provider would speak it there; ${tls}`,
    ],
    [
      { host: "tcp://h:2376", caMaterial: "A" },
      {},
      "docker:caMaterial: there is no certMaterial, and the Docker provider wants all three; set docker:certMaterial.",
    ],
    [
      { host: "tcp://h:2376", certMaterial: "C" },
      {},
      "docker:certMaterial: there is no caMaterial, and the Docker provider wants all three; set docker:caMaterial.",
    ],
    [
      { host: "tcp://h:2376", keyMaterial: "K" },
      {},
      "docker:keyMaterial: there is no caMaterial, and the Docker provider wants all three; set docker:caMaterial.",
    ],
    [
      { host: "tcp://h:2376", caMaterial: "A", certMaterial: "C", keyMaterial: "K" },
      { DOCKER_CERT_PATH: "/c" },
      "DOCKER_CERT_PATH: certMaterial and keyMaterial are set too; keep one of the two.",
    ],
    [
      { host: "tcp://h:2376" },
      { DOCKER_TLS_VERIFY: "1" },
      `DOCKER_TLS_VERIFY: the Docker provider does not read it, so it would speak without TLS; run \`pulumi config set docker:certPath ${home}/.docker\`.`,
    ],
    [
      { context: "safe" },
      {},
      `docker:context: the Docker provider takes the host of safe and not its certificates, so it would speak without TLS; set docker:host to tcp://gpu1:2376 and docker:certPath to ${tlsFolder} in its place.`,
    ],
    [
      { context: "safe", certPath: tlsFolder },
      {},
      "docker:context: the Docker provider would use the certificates at unix:///var/run/docker.sock too; set docker:host to tcp://gpu1:2376 in its place.",
    ],
    [
      { host: "tcp://h:2376", caMaterial: "A", certMaterial: "C", keyMaterial: "K" },
      { DOCKER_HOST: "unix:///b" },
      "DOCKER_HOST: the Docker provider would use the certificates at unix:///b too; unset it, or give the certificates as docker:certPath.",
    ],
    [
      { context: "gpu2" },
      {},
      `docker:context: there is no context named gpu2 in ${home}/.docker/contexts/meta; use gpu, plain, safe.`,
    ],
    [
      {},
      { DOCKER_CONTEXT: "default" },
      "DOCKER_CONTEXT: the Docker provider knows no context named default; remove it.",
    ],
    [
      { host: "ssh://h", sshOpts: "-v" },
      {},
      "docker:sshOpts: is not a list of texts; set it with `pulumi config set --path 'docker:sshOpts[0]' VALUE`.",
    ],
    [
      { host: "ssh://h", sshOpts: "[1]" },
      {},
      "docker:sshOpts: is not a list of texts; set it with `pulumi config set --path 'docker:sshOpts[0]' VALUE`.",
    ],
    [
      { host: "ssh://u:secret@h" },
      {},
      "docker:host: an ssh:// address takes no password; use a key, or an agent that holds one.",
    ],
    [{ host: "ssh://" }, {}, "docker:host: ssh:// names no host; use ssh://user@host or ssh://user@host:port."],
    [
      { host: "ssh://-oProxyCommand=x" },
      {},
      "docker:host: ssh://-oProxyCommand=x names no host; use ssh://user@host or ssh://user@host:port.",
    ],
    [{ host: "ssh://a%20b@h" }, {}, "docker:host: ssh://a%20b@h has a user that no host knows; correct it."],
    [{ host: "ssh://h?a=b" }, {}, "docker:host: ssh://h?a=b has a query or fragment; remove it."],
  ])("%j with %j", (settings, env, expected) => {
    expect(refusal(settings, env)).toBe(expected);
  });

  test("no context at all", () => {
    expect(() => engineAddress({ context: "x" }, {}, "/no/home")).toThrow(
      "docker:context: there is no context named x in /no/home/.docker/contexts/meta; make it with `docker context create`, or name a host.",
    );
  });
});

describe("ways that everybody can use", () => {
  test.each([
    ["tcp://gpu1:2375", true],
    ["http://gpu1:2375", true],
    ["tcp://10.0.0.7:2375", true],
    ["tcp://127.0.0.1:2375", false],
    ["tcp://localhost:2375", false],
    ["tcp://[::1]:2375", false],
    ["ssh://gpu1", false],
    ["unix:///var/run/docker.sock", false],
  ])("%s is warned about: %p", (host, expected) => {
    expect(find({ host }).warnings ?? []).toEqual(
      expected
        ? [expect.stringContaining(`The engine at ${host} is reached without TLS: whoever reaches that port is root`)]
        : [],
    );
  });

  test("with TLS they are not", () => {
    expect(find({ host: "tcp://gpu1:2376", certPath: "/c" }).warnings).toBeUndefined();
  });
});

test.each([
  ["unix:///x", "localhost"],
  ["ssh://ada@gpu1:2222/run/x.sock", "gpu1"],
  ["tcp://10.0.0.7:2376", "10.0.0.7"],
  ["tcp://127.0.0.1:2375", "localhost"],
  ["npipe:////./pipe/docker_engine", "localhost"],
])("the host of %s is %s", (host, expected) => {
  expect(engineHostname({ host })).toBe(expected);
});

describe("Buildx follows the environment", () => {
  const tls = { host: "tcp://h:2376", certificates: { certPath: "/c" } };
  const texts = { host: "tcp://h:2376", certificates: { ca: "A", cert: "C", key: "K" } };
  test.each<[EngineAddress, NodeJS.ProcessEnv, boolean]>([
    [{ host: "unix:///a" }, {}, false],
    [{ host: "tcp://h:2375" }, { DOCKER_HOST: "unix:///b" }, false],
    [{ host: "ssh://h" }, {}, true],
    [{ host: "ssh://h" }, { DOCKER_HOST: "ssh://h" }, false],
    [{ host: "ssh://h" }, { DOCKER_HOST: "ssh://other" }, true],
    [{ host: "ssh://h", sshOpts: ["-v"] }, { DOCKER_HOST: "ssh://h" }, true],
    [{ host: "unix:///a", besides: "unix:///b" }, {}, true],
    [tls, {}, true],
    [tls, { DOCKER_CERT_PATH: "/c" }, true],
    [tls, { DOCKER_CERT_PATH: "/c", DOCKER_TLS_VERIFY: "1" }, false],
    [tls, { DOCKER_CERT_PATH: "/other", DOCKER_TLS_VERIFY: "1" }, true],
    [texts, { DOCKER_CERT_PATH: "/c", DOCKER_TLS_VERIFY: "1" }, true],
  ])("%j with %j: elsewhere %p", (address, env, expected) => {
    expect(buildxGoesElsewhere(address, env)).toBe(expected);
  });
});
