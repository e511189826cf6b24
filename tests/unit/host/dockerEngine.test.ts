import * as pulumi from "@pulumi/pulumi";
import { DockerEngine, type DockerEngineArgs } from "../../../components/dockerEngine";
import { planEngine } from "../../../core/host/enginePackages";
import { type HostFacts, parseFacts } from "../../../core/host/facts";
import { lookWith } from "../../../core/host/looks";
import { value, type World, world } from "../mocks";
import { refusal, sentence } from "../refusal";
import { debian, recorded } from "./facts";

const KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBFit\n-----END PGP PUBLIC KEY BLOCK-----\n";

/** The same machine without Docker. */
function bare(changes: Partial<HostFacts> = {}): HostFacts {
  const facts = debian({ packages: {}, engine: undefined, dockerGroup: undefined, ...changes });
  facts.tools = new Set([...(changes.tools ?? facts.tools)].filter((tool) => !tool.startsWith("docker")));
  return facts;
}

function machine(id: string, version: string, name: string, more: Partial<HostFacts["os"]> = {}): HostFacts {
  const manager = ["debian", "ubuntu", "linuxmint", "kali", "raspbian"].includes(id) ? "apt-get" : "dnf";
  return bare({
    os: { id, like: [], version, codename: "", name, ...more },
    tools: new Set([manager, "flock", "setsid", "timeout", "base64", "sha256sum"]),
  });
}

const UBUNTU = machine("ubuntu", "24.04", "Ubuntu 24.04 LTS", { like: ["debian"], codename: "noble" });
const FEDORA = machine("fedora", "41", "Fedora Linux 41");
const ROCKY = machine("rocky", "9.3", "Rocky Linux 9.3", { like: ["rhel", "centos", "fedora"] });
const AMAZON = machine("amzn", "2023", "Amazon Linux 2023", { like: ["fedora"] });
const OPENEULER = machine("openEuler", "22.03", "openEuler 22.03 (LTS)");
const ALPINE = bare({
  os: { id: "alpine", like: [], version: "3.20", codename: "", name: "Alpine Linux v3.20" },
  tools: new Set(["flock", "setsid", "timeout", "base64", "sha256sum"]),
});

type Given = Parameters<typeof planEngine>[0];
const plan = (args: Partial<Given>, facts: HostFacts | undefined, record?: Record<string, string>) =>
  planEngine(
    { source: "distribution", ...args },
    900,
    "ada@gpu1",
    facts,
    record && recorded({ kind: "docker-engine", ...record }),
  );
const changes = (...given: Parameters<typeof plan>) => plan(...given).changes;
const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

test("what a host says of its packages and users", () => {
  const coded = (text: string) => Buffer.from(text).toString("base64");
  const lines = [
    "berth-facts-begin",
    "tool dockerd",
    `packages ${coded("half-configured docker.io 20.10.24\ntriggers-awaited bash-completion 1:2.11-6\n")}`,
    "users root,ada,",
    "users.elsewhere yes",
    "docker.group 999:ada,bob",
    "berth-facts-end",
    "",
  ];
  const facts = parseFacts(lines.join("\n"))!;
  expect(facts.packages).toEqual({
    "docker.io": { version: "20.10.24", whole: false },
    "bash-completion": { version: "1:2.11-6", whole: true },
  });
  expect(facts.engine!.package).toBeUndefined();
  expect([facts.usersElsewhere, facts.dockerGroup]).toEqual([true, ["ada", "bob"]]);
  const whole = parseFacts(
    lines.join("\n").replace(/packages .*/, `packages ${coded("installed docker-ce 5:24.0.7-1\n")}`),
  )!;
  expect(whole.engine!.package).toBe("docker-ce 5:24.0.7-1");
});

describe("what would be installed", () => {
  test.each([
    ["Debian", bare(), "docker.io", "docker-cli", "apt"],
    ["Ubuntu", UBUNTU, "docker.io", "docker-cli", "apt"],
    ["Fedora", FEDORA, "moby-engine", "docker-cli", "dnf"],
    ["Amazon Linux", AMAZON, "docker", "", "dnf"],
    ["openEuler", OPENEULER, "docker-engine", "", "dnf"],
  ])("from the distribution: %s", (_, facts, packages, optional, manager) => {
    const { changes: said, settings, warnings } = plan({}, facts);
    expect(said).toEqual([
      `installs ${packages} from the distribution (${facts.os.name})`,
      "starts docker and has it start with the machine",
    ]);
    expect(settings).toMatchObject({ manager, packages, optional, repo_file: "none", key_file: "none" });
    expect(settings.installed!.split(" ")[0]).toBe(packages);
    expect(warnings).toEqual([]);
  });

  const OWN = "docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin";
  const BASE = "https://download.docker.com/linux";
  test.each([
    ["Debian", bare(), "debian bookworm"],
    ["Ubuntu", UBUNTU, "ubuntu noble"],
    [
      "Linux Mint",
      machine("linuxmint", "22", "Linux Mint 22", { like: ["ubuntu", "debian"], codename: "noble" }),
      "ubuntu noble",
    ],
  ])("Docker's own, as documented for apt: %s", (_, facts, where) => {
    const { changes: said, settings } = plan({ source: "docker" }, facts);
    expect(said[0]).toBe(`installs ${OWN.split(" ").join(", ")} from https://download.docker.com (${facts.os.name})`);
    expect(settings).toMatchObject({
      manager: "apt",
      packages: OWN,
      repo_file: "/etc/apt/sources.list.d/docker.list",
      key_file: "/etc/apt/keyrings/docker.asc",
      key_url: `${BASE}/${where.split(" ")[0]}/gpg`,
      key_text: "fetch",
      fingerprint: "9DC858229FC7DD38854AE2D88D81803C0EBFCD88",
      fingerprint_strict: "no",
    });
    expect(decoded(settings.repo_text)).toBe(
      `deb [arch=@ARCH@ signed-by=/etc/apt/keyrings/docker.asc] ${BASE}/${where} stable\n`,
    );
  });

  test.each([
    ["Rocky", ROCKY, "centos"],
    ["Oracle Linux", machine("ol", "9.3", "Oracle Linux 9.3", { like: ["fedora"] }), "centos"],
    ["RHEL", machine("rhel", "9.4", "Red Hat Enterprise Linux 9.4", { like: ["fedora"] }), "rhel"],
    ["Fedora", FEDORA, "fedora"],
  ])("Docker's own, as documented for dnf, from a mirror: %s", (_, facts, folder) => {
    const mirror = "https://mirrors.aliyun.com/docker-ce";
    const { settings } = plan({ source: "docker", mirror }, facts);
    expect(settings).toMatchObject({
      manager: "dnf",
      repo_file: "/etc/yum.repos.d/docker-ce.repo",
      key_url: `${mirror}/linux/${folder}/gpg`,
      fingerprint: "060A61C51B558A7F742B77AAC52FEB6B621E9F35",
    });
    expect(decoded(settings.repo_text).split("\n")).toEqual([
      "[docker-ce-stable]",
      "name=Docker CE Stable - $basearch",
      `baseurl=${mirror}/linux/${folder}/$releasever/$basearch/stable`,
      "enabled=1",
      "gpgcheck=1",
      "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-docker",
      "",
    ]);
  });

  test("a version, of the engine and its client", () => {
    const { changes: said, settings } = plan({ source: "docker", version: "24.0.7" }, bare());
    expect(said[0]).toContain("installs docker-ce 24.0.7, docker-ce-cli 24.0.7, containerd.io, docker-buildx-plugin");
    expect(settings).toMatchObject({ pinned: "docker-ce docker-ce-cli", pinned_version: "24.0.7" });
  });

  test("completion", () => {
    expect(changes({ bashCompletion: true }, debian())).toEqual([
      "installs bash-completion from the distribution (Debian GNU/Linux 12 (bookworm))",
    ]);
    const packages = { ...debian().packages, "bash-completion": { version: "1:2.11-6", whole: true } };
    expect(changes({ bashCompletion: true }, debian({ packages }))).toEqual([]);
  });

  test("a client that the engine's package did not bring", () => {
    const facts = debian();
    facts.tools.delete("docker");
    facts.engine!.info = undefined;
    expect(changes({}, facts)).toEqual(["installs docker-cli from the distribution (Debian GNU/Linux 12 (bookworm))"]);
  });

  test("a plan that knows no host says what a bare one gets", () => {
    expect(plan({ source: "docker" }, undefined)).toMatchObject({
      changes: [
        "installs docker-ce from https://download.docker.com",
        "starts docker and has it start with the machine",
      ],
      warnings: [],
      settings: { manager: "none", packages: "", repo_file: "none" },
    });
  });
});

describe("what is there already", () => {
  test("nothing to do", () => {
    expect(plan({ users: ["ada"] }, debian())).toMatchObject({ changes: [], warnings: [] });
  });

  test.each([
    ["stopped", { info: undefined }, ["starts docker"]],
    ["not enabled", { enabled: false }, ["has docker start with the machine"]],
    ["both", { info: undefined, enabled: false }, ["starts docker and has it start with the machine"]],
  ])("drift: %s", (_, engine, expected) => {
    const facts = debian();
    Object.assign(facts.engine!, engine);
    expect(changes({}, facts)).toEqual(expected);
  });

  test("an installation that broke off", () => {
    const facts = debian({ packages: { "docker.io": { version: "20.10.24", whole: false } } });
    expect(changes({}, facts)).toEqual([
      "completes the installation of docker.io, which broke off",
      "starts docker and has it start with the machine",
    ]);
  });

  test("another family of packages stays", () => {
    expect(plan({ source: "docker" }, debian())).toMatchObject({
      changes: [],
      warnings: ["ada@gpu1 has docker.io 20.10.24+dfsg1-1; it stays and is used as it is"],
      settings: { packages: "", repo_file: "none", installed: "" },
    });
    expect(refusal(() => plan({ source: "docker", version: "24.0.7" }, debian()))).toBe(
      "version: ada@gpu1 has docker.io 20.10.24+dfsg1-1, which berth does not replace by other packages; " +
        "remove it there first (its data stays), or leave version out.",
    );
    expect(changes({ source: "docker", version: "20.10.24" }, debian())).toEqual([]);
  });

  test("an engine that no package brought stays", () => {
    expect(plan({}, debian({ packages: {} })).warnings).toEqual([
      "ada@gpu1 has an engine 20.10.24 that no package brought; it stays and is used as it is",
    ]);
  });

  test("an engine counts where berth could install none", () => {
    const { os, tools } = ALPINE;
    const facts = debian({ os, tools: new Set([...tools, "docker", "dockerd"]), packages: {} });
    expect(changes({ users: ["bob"] }, facts)).toEqual(["adds bob to the group docker"]);
  });

  test.each([
    [false, "2 running containers stop and start again"],
    [true, "2 running containers keep running (live-restore)"],
  ])("another version, with live-restore %s", (liveRestore, then) => {
    const packages = Object.fromEntries(
      ["docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin"].map((name) => [
        name,
        { version: "5:24.0.6-1~debian.12~bookworm", whole: true },
      ]),
    );
    const facts = debian({ packages }, { LiveRestoreEnabled: liveRestore });
    const { changes: said, settings } = plan({ source: "docker", version: "24.0.7" }, facts);
    expect(said).toEqual([
      `changes docker-ce, docker-ce-cli from 5:24.0.6-1~debian.12~bookworm to 24.0.7; the engine restarts, and ${then}`,
    ]);
    expect(settings).toMatchObject({ packages: "docker-ce docker-ce-cli", installed: "" });
    expect(changes({ source: "docker", version: "24.0.6" }, facts)).toEqual([]);
    expect(changes({ source: "docker", version: "5:24.0.6-1~debian.12~bookworm" }, facts)).toEqual([]);
    expect(changes({ source: "docker", version: "24.0" }, facts)).toHaveLength(1);
  });

  test("what berth has installed stays on the list for destroy", () => {
    const { settings } = plan({ bashCompletion: true }, debian(), { installed: "docker.io docker-cli" });
    expect(settings.installed).toBe("docker.io docker-cli bash-completion");
  });
});

describe("users", () => {
  test("join and leave; whom berth has not added stays", () => {
    const facts = debian({ dockerGroup: ["ada", "lin"], users: new Set(["root", "ada", "bob", "lin"]) });
    const { changes: said, warnings, settings } = plan({ users: ["bob"] }, facts, { added: "ada" });
    expect(said).toEqual(["adds bob to the group docker", "takes ada out of the group docker"]);
    expect(warnings).toEqual([
      "bob can become root on ada@gpu1: whoever is in the group docker can mount the whole disk into a container",
    ]);
    expect(settings).toMatchObject({ add_users: "bob", remove_users: "ada", added: "bob" });
  });

  test("who was in the group before is not berth's", () => {
    expect(plan({ users: ["ada"] }, debian()).settings).toMatchObject({ add_users: "", added: "" });
    expect(plan({ users: ["ada"] }, debian(), { added: "ada" }).settings).toMatchObject({ added: "ada" });
  });

  test("an unknown one is refused, unless a directory may know it", () => {
    expect(refusal(() => plan({ users: ["ada", "eve"] }, debian()))).toBe(
      "users[1]: ada@gpu1 has no user eve; make the account there first (useradd), or leave it out.",
    );
    expect(changes({ users: ["eve"] }, debian({ usersElsewhere: true }))).toEqual(["adds eve to the group docker"]);
  });
});

describe("what a host cannot have", () => {
  test.each<[string, () => unknown, string]>([
    [
      "Rocky has no engine",
      () => plan({}, ROCKY),
      'source: Rocky Linux 9.3 (ada@gpu1) has no Docker engine of its own; its docker is Podman; use source: "docker".',
    ],
    [
      "Alpine",
      () => plan({}, ALPINE),
      "source: berth does not know what the engine's package is called on Alpine Linux v3.20 (ada@gpu1); install it there by hand; what is installed already counts.",
    ],
    [
      "Docker has nothing for openEuler",
      () => plan({ source: "docker" }, OPENEULER),
      'source: Docker has no packages for openEuler 22.03 (LTS) (ada@gpu1); use source: "distribution", or install an engine there by hand; what is installed already counts.',
    ],
    [
      "Docker has nothing for Kali",
      () =>
        plan(
          { source: "docker" },
          machine("kali", "2024.1", "Kali GNU/Linux", { like: ["debian"], codename: "kali-rolling" }),
        ),
      'source: Docker has no packages for Kali GNU/Linux (ada@gpu1); use source: "distribution", or install an engine there by hand; what is installed already counts.',
    ],
    [
      "no package manager",
      () => plan({}, bare({ tools: new Set() })),
      "connection: ada@gpu1 (Debian GNU/Linux 12 (bookworm)) has no apt-get, dnf or yum to install docker.io with; install docker.io there by hand; what is installed already counts.",
    ],
    [
      "no gpg for a fingerprint",
      () => plan({ source: "docker", fingerprint: "A".repeat(40) }, bare()),
      "fingerprint: ada@gpu1 (Debian GNU/Linux 12 (bookworm)) has no gpg to check it with; install gnupg there, or give the key itself (key) and no fingerprint.",
    ],
    [
      "no service manager",
      () => plan({}, bare({ init: "none" })),
      "connection: ada@gpu1 (Debian GNU/Linux 12 (bookworm)) has neither systemd nor the command service; start the engine there by other means.",
    ],
    [
      "a foreign engine without a client",
      () => plan({}, debian({ packages: {}, tools: new Set(["dockerd"]) })),
      "connection: ada@gpu1 has an engine 20.10.24 that no package brought, but no docker client to ask it with; install the client there.",
    ],
  ])("%s", (_, run, expected) => expect(refusal(run)).toBe(expected));
});

describe("the component", () => {
  let w: World;
  const said: string[] = [];
  beforeEach(async () => {
    w = await world({ stack: "host", preview: true });
    lookWith(async () => bare({ tools: new Set([...bare().tools, "gpg"]) }));
    said.length = 0;
    pulumi.log.info = async (message) => void said.push(message);
  });
  afterEach(() => lookWith(undefined));

  const refused = (args: unknown) => sentence(() => new DockerEngine("engine", args as DockerEngineArgs));
  const OWN = { source: "docker" } as const;

  test.each<[unknown, string]>([
    [{ sources: "docker" }, "sources: is not an argument of DockerEngine; use source."],
    [{ connection: { host: "-x" } }, "connection.host: "],
    [{ source: "apt" }, 'source: "apt" is not a source; use "distribution" or "docker".'],
    [
      { mirror: "https://mirrors.aliyun.com/docker-ce" },
      "mirror: is about Docker's own packages, and the distribution's are asked for; use source: \"docker\", or leave it out.",
    ],
    [{ key: KEY }, "key: is about Docker's own packages, and "],
    [{ fingerprint: "A".repeat(40) }, "fingerprint: is about Docker's own packages, and "],
    [
      { ...OWN, mirror: "mirrors.aliyun.com" },
      'mirror: "mirrors.aliyun.com" is not a mirror; use an address such as https://mirrors.aliyun.com/docker-ce.',
    ],
    [{ ...OWN, mirror: "https://m/x stable\ndeb http://evil" }, "mirror: "],
    [{ ...OWN, mirror: "https://m/$(touch x)" }, 'mirror: "https://m/$(touch x)" is not a mirror; '],
    [{ ...OWN, mirror: "https://user:pw@m" }, 'mirror: "https://user:pw@m" is not a mirror; '],
    [{ ...OWN, mirror: "ftp://m" }, 'mirror: "ftp://m" is not a mirror; '],
    [{ ...OWN, mirror: 7 }, "mirror: is a number; give text."],
    [
      { ...OWN, mirror: "https://m/docker-ce/linux/ubuntu" },
      'mirror: "https://m/docker-ce/linux/ubuntu" goes too deep; end it before /linux: https://m/docker-ce.',
    ],
    [
      { ...OWN, mirror: "http://m" },
      'mirror: "http://m" is without TLS, so anybody on the way could hand out a key of their own; give the key that signs its packages (key), or its fingerprint; or use https://.',
    ],
    [
      { ...OWN, key: "$(touch x)" },
      "key: is not a signing key; give its whole text, from -----BEGIN PGP PUBLIC KEY BLOCK----- on, with its line breaks.",
    ],
    [
      { ...OWN, key: KEY.replaceAll("PUBLIC", "PRIVATE") },
      "key: is a private key; give the public one, which the mirror shows to everybody.",
    ],
    [
      { ...OWN, fingerprint: "0EBFCD88" },
      'fingerprint: "0EBFCD88" is not a fingerprint; use the 40 hexadecimal digits that `gpg --show-keys` prints.',
    ],
    [
      { version: "24.0.7; touch x" },
      'version: "24.0.7; touch x" is not a version; use one such as "24.0.7", or the package\'s full one as `apt-cache madison` or `dnf list --showduplicates` prints it.',
    ],
    [{ version: "latest" }, 'version: "latest" is not a version; '],
    [{ version: 24 }, "version: is a number; give text."],
    [{ users: "ada" }, "users: is text; give a list."],
    [{ users: ["$(touch x)"] }, 'users[0]: "$(touch x)" is not a user; use a name such as "ada".'],
    [{ users: ["ada\nbob"] }, 'users[0]: "ada\\nbob" is not a user; '],
    [{ users: ["-G"] }, 'users[0]: "-G" is not a user; '],
    [{ users: ["a b"] }, 'users[0]: "a b" is not a user; '],
    [{ users: ["root"] }, "users[0]: root may use the engine without this; leave it out."],
    [{ users: ["ada", "ada"] }, "users[1]: ada stands there twice; name everybody once."],
    [{ bashCompletion: "yes" }, "bashCompletion: is text; give true or false."],
    [{ uninstall: 1 }, "uninstall: is a number; give true or false."],
    [{ packageTimeout: 5 }, "packageTimeout: 5 is not a whole number in range; use 30 to 86400."],
  ])("refuses %j", (args, expected) => {
    expect(refused(args)).toMatch(/^DockerEngine "engine": /);
    expect(refused(args)).toContain(`DockerEngine "engine": ${expected}`);
    expect(w.resources).toEqual([]);
  });

  test("accepts a mirror without TLS with a key, or with a fingerprint", async () => {
    new DockerEngine("a", { ...OWN, mirror: "http://m/", key: KEY });
    new DockerEngine("b", {
      ...OWN,
      connection: { host: "b" },
      mirror: "http://m",
      fingerprint: "9dc8 5822 9fc7 dd38 854a  e2d8 8d81 803c 0ebf cd88",
    });
    await w.done();
    expect(w.one("berth:host:DockerEngine", "a").inputs.mirror).toBe("http://m");
    expect(w.one("berth:host:DockerEngine", "b").inputs.fingerprint).toBe("9DC858229FC7DD38854AE2D88D81803C0EBFCD88");
  });

  test("one engine for each host", async () => {
    new DockerEngine("first", { connection: { host: "gpu1" } });
    expect(refused({ connection: { host: "gpu1" } })).toBe(
      'DockerEngine "engine": connection: "first" sets up the docker-engine of gpu1 too; declare it once for each host.',
    );
    await w.done();
  });

  test("says at preview what it would do, and sends one job", async () => {
    new DockerEngine("engine", { connection: { host: "gpu1", user: "ada" }, users: ["ada"] });
    await w.done();
    expect(said.join("\n").split(/\n\s*/)).toEqual([
      "ada@gpu1:",
      "installs docker.io from the distribution (Debian GNU/Linux 12 (bookworm))",
      "starts docker and has it start with the machine",
      "adds ada to the group docker",
    ]);
    expect(w.warnings).toEqual([expect.stringContaining("ada can become root on ada@gpu1")]);
    expect(w.one("command:local:Command", "engine").inputs.stdin).toContain("\nadd_users='ada'\n");
  });

  test("knows the version where nothing changes", async () => {
    w = await world({ stack: "host" });
    lookWith(async () => debian());
    const engine = new DockerEngine("engine");
    await w.done();
    expect(await value(engine.version)).toBe("20.10.24");
  });

  test("a refusal of the host is one sentence", async () => {
    lookWith(async () => ROCKY);
    new DockerEngine("engine");
    await w.done();
    expect(w.lateErrors()).toEqual([
      'DockerEngine "engine": source: Rocky Linux 9.3 (this machine) has no Docker engine of its own; its docker is Podman; use source: "docker".',
    ]);
  });
});
