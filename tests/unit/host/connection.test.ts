import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkKey, type HostConnection, invocationOf } from "../../../core/host/connection";
import { refusal } from "../refusal";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOJHVRqShZLeINyYJuXASr1aS08w/+b0BqbEbSpxxiZZ";
const refused = (connection: unknown) => refusal(() => invocationOf(connection as HostConnection));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-connection-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the ssh of this machine makes of an invocation, without connecting. */
function settingsOf(connection: HostConnection): Record<string, string> {
  const { program } = invocationOf(connection);
  const at = program.indexOf("ssh");
  // A file of settings of its own: those of whoever runs the tests must not matter.
  const { stdout, stderr, status } = spawnSync("ssh", ["-G", "-F", "/dev/null", ...program.slice(at + 1)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return Object.fromEntries(
    stdout.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
}

describe("this machine", () => {
  test("needs no ssh", () => {
    const { name, program } = invocationOf();
    expect(name).toBe("this machine");
    expect(program[0]).toBe("/bin/sh");
  });

  test("runs a command with its standard input", () => {
    const { program } = invocationOf({ sudo: false });
    const { stdout } = spawnSync(program[0]!, [...program.slice(1), "sh -s -- apply"], {
      input: 'echo "action $1"',
      encoding: "utf8",
    });
    expect(stdout).toBe("action apply\n");
  });

  test.each([
    ["root needs no sudo", "0", "", "plain sh -c id"],
    ["another user needs it", "1000", "", "sudo -n sh -c id"],
  ])("%s", (_, uid, __, expected) => {
    writeFileSync(join(folder, "id"), `#!/bin/sh\necho ${uid}\n`, { mode: 0o755 });
    writeFileSync(join(folder, "sh"), '#!/bin/sh\necho "plain sh $*"\n', { mode: 0o755 });
    writeFileSync(join(folder, "sudo"), '#!/bin/sh\necho "sudo $*"\n', { mode: 0o755 });
    const { program } = invocationOf();
    const { stdout } = spawnSync(program[0]!, [...program.slice(1), "id"], {
      encoding: "utf8",
      env: { PATH: folder },
    });
    expect(stdout.trim()).toBe(expected);
  });
});

describe("another machine", () => {
  test("as ssh itself reads it", () => {
    const settings = settingsOf({ host: "gpu1.lab", user: "ada", port: 2222, identityFile: "~/.ssh/my key%" });
    expect(settings).toMatchObject({
      hostname: "gpu1.lab",
      user: "ada",
      port: "2222",
      batchmode: "yes",
      stricthostkeychecking: "true",
      identitiesonly: "yes",
    });
    expect(settings.identityfile).toMatch(/\/\.ssh\/my key%$|^~\/\.ssh\/my key%+$/);
  });

  test("nothing is added where ssh's own settings do", () => {
    const { program, name } = invocationOf({ host: "gpu1" });
    expect(name).toBe("gpu1");
    expect(program).not.toContain("-l");
    expect(program).not.toContain("-p");
    expect(program.join(" ")).not.toContain("Identity");
  });

  test("a given key is the only one that counts, and only for this host", () => {
    const settings = settingsOf({ host: "10.0.0.5", hostKey: `${KEY} a comment` });
    expect(settings).toMatchObject({
      hostkeyalias: "berth-host",
      hostkeyalgorithms: "ssh-ed25519",
      knownhostscommand: `/bin/echo berth-host ${KEY}`,
      userknownhostsfile: "/dev/null",
      globalknownhostsfile: "/dev/null",
    });
  });

  test("an RSA key signs by SHA-2", () => {
    const key = `ssh-rsa ${"A".repeat(40)}`;
    expect(settingsOf({ host: "a", hostKey: key }).hostkeyalgorithms).toBe("rsa-sha2-512,rsa-sha2-256,ssh-rsa");
  });

  test("a jump host is held to the same rules as the target", () => {
    const proxy = settingsOf({
      host: "inner",
      identityFile: "/k e'y",
      jump: { host: "gate", user: "ada", port: 2200, hostKey: KEY },
    }).proxycommand!;
    writeFileSync(join(folder, "ssh"), '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n', { mode: 0o755 });
    // As ssh does it: names filled in, then a shell.
    const { stdout } = spawnSync(
      "/bin/sh",
      ["-c", proxy.replaceAll("%h", "inner").replaceAll("%p", "22").replaceAll("%%", "%")],
      {
        encoding: "utf8",
        env: { PATH: `${folder}:/bin:/usr/bin` },
      },
    );
    const words = stdout.trim().split("\n");
    expect(words).toEqual(
      expect.arrayContaining(["BatchMode=yes", "StrictHostKeyChecking=yes", "-W", "[inner]:22", "gate"]),
    );
    expect(words).toContain(`KnownHostsCommand=/bin/echo berth-host ${KEY}`);
    expect(words).toContain(`IdentityFile="/k e'y"`);
    expect(words.slice(-2)).toEqual(["--", "gate"]);
  });

  test("a private key goes to an agent of its own and stands in no argument", () => {
    const text = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----\n";
    const { program, withKey } = invocationOf({ host: "a", privateKey: text });
    expect(withKey).toBe(true);
    expect(program[0]).toBe("ssh-agent");
    expect(program.join(" ")).not.toContain("c2VjcmV0");
  });

  test("two ways to one host are one host; another port is another", () => {
    const identity = (connection: HostConnection) => invocationOf(connection).identity;
    expect(identity({ host: "a", user: "ada" })).toBe(identity({ host: "a", user: "bob" }));
    expect(identity({ host: "a", port: 23 })).not.toBe(identity({ host: "a" }));
    expect(identity({ host: "a", jump: { host: "g" } })).not.toBe(identity({ host: "a" }));
  });
});

test.each<[unknown, string]>([
  [null, "connection: null is not a connection"],
  ["gpu1", 'connection: "gpu1" is not a connection'],
  [{ hots: "a" }, "connection.hots: is not a field of a connection"],
  [{ user: "ada" }, "connection.user: says how to reach another machine, but none is named"],
  [{ host: "" }, 'connection.host: "" is not a host'],
  [{ host: "ada@gpu1" }, "connection.host"],
  [{ host: "gpu1:22" }, "connection.host"],
  [{ host: "-oProxyCommand=touch /tmp/x" }, "connection.host"],
  [{ host: "a b" }, "connection.host"],
  [{ host: "$(id)" }, "connection.host"],
  [{ host: 7 }, "connection.host: 7 is not a host"],
  [{ host: "a", user: "-l" }, 'connection.user: "-l" is not a user'],
  [{ host: "a", user: "a;b" }, "connection.user"],
  [{ host: "a", port: 0 }, "connection.port: 0 is not a port"],
  [{ host: "a", port: "22" }, 'connection.port: "22" is not a port'],
  [{ host: "a", identityFile: "" }, 'connection.identityFile: "" is not a file'],
  [{ host: "a", identityFile: "k", privateKey: "k" }, "connection.privateKey: stands beside identityFile"],
  [{ host: "a", privateKey: "hello" }, "connection.privateKey: is not a private key"],
  [{ host: "a", hostKey: "SHA256:abc" }, 'connection.hostKey: "SHA256:abc" is not a host\'s public key'],
  [{ host: "a", hostKey: `${KEY};id`.replace("ZZ;", "$;") }, "connection.hostKey"],
  [{ host: "a", sudo: "yes" }, 'connection.sudo: "yes" is not true or false'],
  [{ host: "a", jump: "gate" }, 'connection.jump: "gate" is not a host'],
  [{ host: "a", jump: {} }, "connection.jump.host"],
  [
    { host: "a", jump: { host: "g", identityFile: "k" } },
    "connection.jump.identityFile: is not a field of a jump host",
  ],
])("refused: %j", (connection, message) => {
  expect(refused(connection).startsWith(message)).toBe(true);
});

test("an encrypted private key is refused, since nobody is there to unlock it", () => {
  const key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END RSA PRIVATE KEY-----";
  expect(refusal(() => checkKey(key, "privateKey"))).toContain("privateKey: is encrypted; use an agent");
});

test("a key from this machine's own ssh-keygen is taken", () => {
  const file = join(folder, "key");
  expect(spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]).status).toBe(0);
  expect(() => checkKey(readFileSync(file, "utf8"), "privateKey")).not.toThrow();
  const [type, key] = readFileSync(`${file}.pub`, "utf8").split(" ");
  expect(() => invocationOf({ host: "a", hostKey: `${type} ${key}` })).not.toThrow();
});
