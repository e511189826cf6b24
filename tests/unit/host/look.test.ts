import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invocationOf } from "../../../core/host/connection";
import { parseFacts } from "../../../core/host/facts";
import { explain, HostError, lookAt } from "../../../core/host/look";

let folder: string;
const { PATH } = process.env;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-look-"));
  process.env.PATH = `${folder}:${PATH}`;
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

const stub = (name: string, text: string) => writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
const code = (text: string) => Buffer.from(text).toString("base64");

/** An ssh that runs the script here, on a machine of stubs. */
const bridge = () => stub("ssh", `printf '%s\\n' "$*" >>${folder}/calls\nexec sh -s`);

describe("the script itself, run here", () => {
  test("tells what stands on this machine and changes nothing", async () => {
    bridge();
    stub("sudo", 'shift; exec "$@"');
    const facts = await lookAt(invocationOf({ host: "there" }), undefined);
    expect(facts.tools.has("base64")).toBe(true);
    expect(facts.os.name).not.toBe("");
    expect(facts.arch).toBe({ x64: "x86_64", arm64: "aarch64" }[process.arch as "x64"]);
    expect(facts.users.has("root")).toBe(true);
    expect(readFileSync(join(folder, "calls"), "utf8").split("\n").slice(0, -1)).toHaveLength(1);
  });

  test("a private key reaches the agent by a variable, not by an argument", async () => {
    stub(
      "ssh-agent",
      `printf '%s\\n' "$*" >${folder}/calls\nprintf '%s' "$BERTH_PRIVATE_KEY" >${folder}/key\nexec "$@"`,
    );
    stub("ssh-add", "cat >/dev/null");
    stub("ssh", `[ -z "\${BERTH_PRIVATE_KEY-}" ] || touch ${folder}/leaked\nexec sh -s`);
    const key = "-----BEGIN X PRIVATE KEY-----\nAA\n-----END X PRIVATE KEY-----\n";
    await lookAt(invocationOf({ host: "there", privateKey: key }), key);
    expect(readFileSync(join(folder, "key"), "utf8")).toBe(key);
    expect(readFileSync(join(folder, "calls"), "utf8")).not.toContain("AA");
    expect(existsSync(join(folder, "leaked"))).toBe(false);
  });
});

describe("what a host says", () => {
  const report = (lines: string[]) => ["Welcome!", "berth-facts-begin", ...lines, "berth-facts-end", ""].join("\n");

  test("is read with a greeting before it", () => {
    const facts = parseFacts(
      report([
        "arch aarch64",
        `os ${code('PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n')}`,
        "init systemd",
        "tool dockerd",
        `dockerd.version ${code("Docker version 27.0.3, build 662f78c\n")}`,
        "service.enabled enabled",
        `dockerd.flags ${code("/usr/bin/dockerd\n-H\nfd://\n")}`,
        "dockerd.started 1700000000",
        `docker.info ${code('{"ServerVersion":"27.0.3","ContainersRunning":4}')}`,
        "docker.group 999:ada,bob",
        "users root,ada,bob,",
        "daemon.json abc",
        "daemon.changed 1600000000",
        `daemon.content ${code("{}\n")}`,
        `record.daemon-config ${code("owner='berth/host'\nbase='it'\\''s'\n")}`,
      ]),
    )!;
    expect(facts).toMatchObject({
      arch: "aarch64",
      os: { id: "ubuntu", like: ["debian"], version: "24.04", codename: "noble", name: "Ubuntu 24.04 LTS" },
      init: "systemd",
      engine: {
        version: "27.0.3",
        enabled: true,
        flags: ["/usr/bin/dockerd", "-H", "fd://"],
        started: 1700000000,
        info: { ContainersRunning: 4 },
      },
      dockerGroup: ["ada", "bob"],
      daemonFile: { text: "{}\n", digest: "abc", changed: 1600000000 },
    });
    expect(facts.records["daemon-config"]!.values).toEqual({ owner: "berth/host", base: "it's" });
  });

  test("an engine that does not answer is one without info, though its client speaks", () => {
    const info = code('{"ClientInfo":{"Debug":false},"ServerErrors":["Cannot connect"]}');
    expect(parseFacts(report(["tool dockerd", `docker.info ${info}`]))!.engine!.info).toBeUndefined();
  });

  test("a bare machine has no engine, no group, no file", () => {
    const facts = parseFacts(report(["init none", "docker.group "]))!;
    expect(facts).toMatchObject({ engine: undefined, dockerGroup: undefined, daemonFile: undefined });
  });

  test.each([[""], ["berth-facts-begin\narch x\n"], ["hello"]])("%j is no report", (text) => {
    expect(parseFacts(text)).toBeUndefined();
  });
});

describe("a host that cannot be looked at", () => {
  test.each([
    [
      "No ED25519 host key is known for gpu1 and you have requested strict checking.\nHost key verification failed.",
      "connect once by hand with `ssh`",
    ],
    [
      "@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@\nHost key verification failed.",
      "it is not the machine that it was",
    ],
    ["ada@gpu1: Permission denied (publickey).", "a key that the host knows"],
    ["ssh: Could not resolve hostname gpu1: Name or service not known", "check the name, or give the address"],
    ["ssh: connect to host gpu1 port 22: Connection refused", "check that the machine is up"],
    ["ssh: connect to host gpu1 port 22: Connection timed out", "check that the machine is up"],
    ["sudo: a password is required", "let sudo ask for no password there (NOPASSWD), or connect as root"],
    ["sh: 1: exec: sudo: not found", "install sudo there, or connect as root"],
    ["command-line: line 0: Bad configuration option: knownhostscommand", "needs OpenSSH 8.5 or newer here"],
    ['Error loading key "(stdin)": error in libcrypto', "give an unencrypted private key"],
    ["", "try `ssh` by hand from this machine"],
  ])("%j", (said, remedy) => {
    const message = explain("ada@gpu1", said, 255);
    expect(message).toMatch(/^ada@gpu1 cannot be set up \(.+\); .+\.$/);
    expect(message).not.toContain("\n");
    expect(message).toContain(remedy);
  });

  test("the error has ssh's own last words", async () => {
    stub("ssh", 'echo "ada@there: Permission denied (publickey)." >&2; exit 255');
    await expect(lookAt(invocationOf({ host: "there", user: "ada" }), undefined)).rejects.toThrow(
      new HostError(
        "ada@there cannot be set up (ada@there: Permission denied (publickey).); give the right user, and a key that the host knows: an agent, identityFile or privateKey.",
      ),
    );
  });

  test("a shell that answers with something else is one too", async () => {
    stub("ssh", 'echo "This account is not available"; exit 0');
    await expect(lookAt(invocationOf({ host: "there" }), undefined)).rejects.toThrow("there cannot be set up");
  });

  test("there is no ssh", async () => {
    process.env.PATH = folder;
    await expect(lookAt(invocationOf({ host: "there" }), undefined)).rejects.toThrow(
      "install the OpenSSH client on this machine",
    );
  });
});
