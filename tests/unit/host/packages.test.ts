import { chmodSync, existsSync, rmSync } from "node:fs";
import { isVersion, packageSettings, upstreamOf, type PackagePlan } from "../../../core/host/packages";
import { Sandbox, type Stubs } from "./sandbox";
import { APT, COMMON, DNF, KEY } from "./stubs";

const SCRIPTS = ["service", "packages", "engine"];
const FINGERPRINT = "9DC858229FC7DD38854AE2D88D81803C0EBFCD88";

let host: Sandbox;
afterEach(() => host.remove());

function machine(stubs: Stubs): Sandbox {
  host = new Sandbox({ ...COMMON, ...stubs });
  host.write("run/systemd/system/there", "");
  host.write("etc/ssl/certs/ca-certificates.crt", "");
  host.write("state/packages", "libc6 2.36\n");
  host.write("state/fingerprint", FINGERPRINT);
  return host;
}

const REPOSITORY = {
  file: "/etc/apt/sources.list.d/docker.list",
  text: "deb [arch=@ARCH@ signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable\n",
  url: "https://download.docker.com/linux/debian",
  keyFile: "/etc/apt/keyrings/docker.asc",
  keyUrl: "https://download.docker.com/linux/debian/gpg",
};

const settings = (plan: Partial<PackagePlan> = {}, more: Record<string, string> = {}) => ({
  ...packageSettings({
    manager: "apt",
    names: ["docker.io"],
    optional: ["docker-cli"],
    pinned: [],
    signature: { strict: false },
    timeout: 60,
    ...plan,
  }),
  completion: "no",
  add_users: "ada",
  remove_users: "",
  added: "ada",
  installed: (plan.names ?? ["docker.io"]).join(" "),
  uninstall: "no",
  start_limit: "5",
  ...more,
});

const packages = () => host.read("state/packages")!.trim().split("\n");
const SHELLS = [["dash"], ["bash", "--posix"]].filter(([shell]) =>
  ["/bin", "/usr/bin"].some((folder) => existsSync(`${folder}/${shell}`)),
);

describe("with apt", () => {
  test.each(SHELLS)("installs, enables and adds, asks nothing and removes nothing: %s", (...shell) => {
    machine(APT);
    const { status, output, calls } = host.run("apply", SCRIPTS, settings(), shell);
    expect(output.trim().split("\n")).toEqual([
      "reads the lists of packages",
      "installs docker.io",
      "docker starts with the machine from now on",
      "added ada to the group docker; it counts from the next login on",
      "docker 24.0.7 runs",
    ]);
    expect(status).toBe(0);
    expect(packages()).toEqual(["libc6 2.36", "docker.io 1.0"]);
    expect(calls.filter((call) => call.startsWith("apt-get"))).toEqual([
      expect.stringMatching(/^apt-get \[-q\] \[-y\] \[-o\] \[DPkg::Lock::Timeout=60\] .*\[update\]$/),
      expect.stringMatching(/\[Dpkg::Options::=--force-confold\] \[--no-remove\] .*\[install\] \[--\] \[docker\.io\]$/),
    ]);
    expect(calls).toContain("gpasswd [-a] [ada] [docker]");
    expect(host.files("var/lib/berth/docker-engine")).toEqual(["settings"]);
  });

  test("installs the client too, where it is a package of its own", () => {
    machine(APT);
    host.write("state/trixie", "");
    host.run("apply", SCRIPTS, settings());
    expect(packages()).toEqual(["libc6 2.36", "docker.io 1.0", "docker-cli 1.0"]);
  });

  test("fetches the key with apt's own means, which know its proxies, and authorities where there are none", () => {
    machine(APT);
    rmSync(host.path("etc/ssl"), { recursive: true });
    host.write(
      "usr/lib/apt/apt-helper",
      `#!/bin/sh\nfor word in "$@"; do file=$word; done\nprintf '%s' '${KEY}' >"$file"\n`,
    );
    chmodSync(host.path("usr/lib/apt/apt-helper"), 0o755);
    const { status, calls } = host.run(
      "apply",
      SCRIPTS,
      settings({ names: ["docker-ce"], repository: REPOSITORY, signature: { fingerprint: FINGERPRINT, strict: true } }),
    );
    expect(status).toBe(0);
    expect(calls.some((call) => call.startsWith("curl"))).toBe(false);
    expect(packages()).toEqual(["libc6 2.36", "ca-certificates 1.0", "docker-ce 1.0"]);
  });

  test("does nothing a second time", () => {
    machine(APT);
    host.run("apply", SCRIPTS, settings());
    const { status, output, calls } = host.run("apply", SCRIPTS, settings());
    expect([status, output]).toEqual([0, "docker 24.0.7 runs\n"]);
    expect(calls.filter((call) => /apt-get|gpasswd|enable\]|start/.test(call))).toEqual([]);
  });

  test("starts what a machine's policy kept from starting", () => {
    machine(APT);
    host.write("state/policy", "");
    expect(host.run("apply", SCRIPTS, settings()).output).toContain("started docker\n");
  });

  test("says what the mirror did not give, and leaves the host as it was", () => {
    machine(APT);
    host.write("state/offline", "");
    const { status, output } = host.run("apply", SCRIPTS, settings());
    expect(status).toBe(1);
    expect(output.split("\n").slice(2)).toEqual([
      "error: docker.io could not be installed (exit status 100)",
      "  | W: Failed to fetch http://mirror Connection refused",
      "  | E: Unable to locate package",
      "nothing was changed",
      "",
    ]);
    expect(packages()).toEqual(["libc6 2.36"]);
    expect(host.files("var/lib/berth")).toEqual([]);
  });

  test("takes half an installation back", () => {
    machine(APT);
    host.write("state/full", "");
    const { status, output, calls } = host.run("apply", SCRIPTS, settings());
    expect(status).toBe(1);
    expect(output).toContain("No space left on device");
    expect(output).toContain("taken back: the host is as it was");
    expect(packages()).toEqual(["libc6 2.36"]);
    expect(calls.join("\n")).not.toContain("purge");
  });

  const OTHER = settings({ names: ["docker-ce"], pinned: ["docker-ce"], version: "24.0.6" });
  const NOW = "docker-ce 5:24.0.7-1~debian.12~bookworm";

  test("another version", () => {
    machine(APT);
    host.write("state/packages", `libc6 2.36\n${NOW}\n`);
    const { status, calls } = host.run("apply", SCRIPTS, OTHER);
    expect(status).toBe(0);
    expect(calls).toContainEqual(
      expect.stringMatching(
        /\[--allow-downgrades\] \[install\] \[--\] \[docker-ce=5:24\.0\.6-1~debian\.12~bookworm\]$/,
      ),
    );
    expect(packages()).toEqual(["libc6 2.36", "docker-ce 5:24.0.6-1~debian.12~bookworm"]);
    // The stub's engine still says 24.0.7, as dockerd does, so nothing has to be restarted.
    expect(calls).not.toContain("systemctl [restart] [docker.service]");
  });

  test("the former version comes back where another one fails, with its containers", () => {
    machine(APT);
    host.write("state/packages", `libc6 2.36\n${NOW}\n`);
    host.write("state/runs", "");
    host.write("state/full", "");
    const { status, output, calls } = host.run("apply", SCRIPTS, OTHER);
    expect([status, output.includes("taken back: the host is as it was")]).toEqual([1, true]);
    expect(packages()).toEqual(["libc6 2.36", NOW]);
    expect(calls.slice(calls.findIndex((call) => call.includes("=5:24.0.7")))).toContainEqual(
      expect.stringMatching(/^docker \[inspect\] .*\[c1\]$/),
    );
  });

  test("ends what takes too long", () => {
    machine(APT);
    host.stub({ "apt-get": 'case "$*" in *install*) sleep 30 ;; esac' });
    const { status, output } = host.run("apply", SCRIPTS, settings({ timeout: 1 }));
    expect(status).toBe(1);
    expect(output).toContain("error: docker.io could not be installed: it took longer than 1 s and was ended\n");
    expect(output).toContain("nothing was changed");
  });

  test("takes everything back where the engine does not start", () => {
    machine(APT);
    host.write("state/policy", "");
    host.write("state/broken", "");
    const { output } = host.run("apply", SCRIPTS, settings());
    expect(output).toContain("error: the engine does not come up\n  | failed to load listeners\n");
    expect(output).toContain("taken back: the host is as it was");
    expect(packages()).toEqual(["libc6 2.36"]);
    expect(host.files("state")).not.toContain("enabled");
    expect(host.files("state")).not.toContain("group");
  });

  test("waits for another package manager", () => {
    machine(APT);
    host.stub({
      "apt-get": `case "$*" in *update*) [ -e "$STATE/free" ] || { : >"$STATE/free"; echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7'; exit 100; } ;; *) ${APT["apt-get"]} ;; esac`,
    });
    const { status, output } = host.run("apply", SCRIPTS, settings());
    expect(output).toContain("waits for another package manager on this host");
    expect(status).toBe(0);
  });

  test("names the repository as it is documented, with its key", () => {
    machine(APT);
    const { status, output } = host.run(
      "apply",
      SCRIPTS,
      settings({
        names: ["docker-ce", "docker-ce-cli"],
        pinned: ["docker-ce", "docker-ce-cli"],
        version: "24.0.6",
        repository: REPOSITORY,
        signature: { fingerprint: FINGERPRINT, strict: false },
      }),
    );
    expect(output).toContain(
      "installs docker-ce=5:24.0.6-1~debian.12~bookworm docker-ce-cli=5:24.0.6-1~debian.12~bookworm",
    );
    expect(status).toBe(0);
    expect(host.read(REPOSITORY.file)).toBe(
      `deb [arch=amd64 signed-by=${host.root}/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian bookworm stable\n`.replace(
        host.root,
        "",
      ),
    );
    expect(host.read(REPOSITORY.keyFile)).toBe(KEY);
    expect(packages()).toContain("docker-ce 5:24.0.6-1~debian.12~bookworm");
  });

  test.each<[string, Partial<PackagePlan>, string]>([
    ["another key", {}, `are signed by the key ${"C".repeat(40)}, not by ${FINGERPRINT}`],
    [
      "a version that there is not",
      { version: "25.0", signature: { key: KEY, strict: false } },
      "error: there is no docker-ce 25.0 in the repositories of this host\n  |  docker-ce | 5:24.0.7-1~debian.12~bookworm",
    ],
  ])("leaves neither key nor repository behind: %s", (_, plan, expected) => {
    machine(APT);
    host.write("state/fingerprint", "C".repeat(40));
    host.write(REPOSITORY.file, "deb http://by.hand/ x main\n");
    const { status, output } = host.run(
      "apply",
      SCRIPTS,
      settings({
        names: ["docker-ce"],
        pinned: ["docker-ce"],
        repository: REPOSITORY,
        signature: { fingerprint: FINGERPRINT, strict: false },
        ...plan,
      }),
    );
    expect(status).toBe(1);
    expect(output).toContain(expected);
    expect(host.read(REPOSITORY.file)).toBe("deb http://by.hand/ x main\n");
    expect(host.files("etc/apt/sources.list.d")).toEqual(["docker.list"]);
    expect(host.files("etc/apt/keyrings")).toEqual([]);
  });

  test("takes back what broke off at a step that nobody expects to fail", () => {
    machine(APT);
    host.stub({ sync: "exit 1" });
    const { status, output } = host.run(
      "apply",
      SCRIPTS,
      settings({ names: ["docker-ce"], repository: REPOSITORY, signature: { strict: false } }),
    );
    expect([status, output]).toEqual([
      1,
      "error: a step failed that should not have (exit status 1)\ntaken back: the host is as it was\n",
    ]);
    expect([...host.files("etc/apt/sources.list.d"), ...host.files("etc/apt/keyrings")]).toEqual([]);
  });

  test("uses a repository that somebody else has named already", () => {
    machine(APT);
    host.write("etc/apt/sources.list.d/docker.sources", `URIs: ${REPOSITORY.url}\n`);
    const { status, output } = host.run(
      "apply",
      SCRIPTS,
      settings({ names: ["docker-ce"], repository: REPOSITORY, signature: { strict: false } }),
    );
    expect(status).toBe(0);
    expect(output).toContain(`uses ${REPOSITORY.url} as ${host.root}/etc/apt/sources.list.d/docker.sources names it`);
    expect(host.files("etc/apt/sources.list.d")).toEqual(["docker.sources"]);
  });

  test("destroy takes out whom it has added and leaves the engine, or removes it where that is asked for", () => {
    machine(APT);
    host.run("apply", SCRIPTS, settings());
    host.write("state/members", "ada\nlin\n");
    const left = host.run("remove", SCRIPTS, settings());
    expect(left.output).toContain("the engine, its packages and its data were left as they are");
    expect(packages()).toContain("docker.io 1.0");
    expect(host.read("state/members")).toBe("lin\n");
    expect(host.files("var/lib/berth")).toEqual([]);

    host.run("apply", SCRIPTS, settings({}, { uninstall: "yes" }));
    const removed = host.run("remove", SCRIPTS, settings({}, { uninstall: "yes" }));
    expect([removed.status, removed.calls.filter((call) => call.includes("[remove]"))]).toEqual([
      0,
      [expect.stringMatching(/\[remove\] \[--\] \[docker\.io\]$/)],
    ]);
    expect(packages()).toEqual(["libc6 2.36"]);
  });
});

describe("with dnf", () => {
  const OWN: Partial<PackagePlan> = {
    manager: "dnf",
    names: ["docker-ce", "docker-ce-cli"],
    optional: [],
    pinned: ["docker-ce"],
    version: "24.0.7",
    repository: { ...REPOSITORY, file: "/etc/yum.repos.d/docker-ce.repo", keyFile: "/etc/pki/rpm-gpg/key" },
    signature: { fingerprint: FINGERPRINT, strict: false },
  };

  test("installs from the repository", () => {
    machine(DNF);
    const { status, output, calls } = host.run("apply", SCRIPTS, settings(OWN));
    expect(output).toContain("installs docker-ce-24.0.7 docker-ce-cli\n");
    expect(status).toBe(0);
    expect(calls).toContain("dnf [-y] [install] [docker-ce-24.0.7] [docker-ce-cli]");
    expect(host.read("etc/pki/rpm-gpg/key")).toBe(KEY);
    expect(calls.some((call) => call.startsWith("apt"))).toBe(false);
  });

  test("leaves out what a distribution does not have", () => {
    machine(DNF);
    const { calls } = host.run("apply", SCRIPTS, settings({ manager: "dnf", names: ["moby-engine"] }));
    expect(calls).toContain("dnf [-y] [install] [moby-engine]");
  });

  test("takes half an installation back, and the repository", () => {
    machine(DNF);
    host.write("state/full", "");
    const { status, output, calls } = host.run("apply", SCRIPTS, settings(OWN));
    expect([status, output.includes("taken back: the host is as it was")]).toEqual([1, true]);
    expect(calls).toContain("rpm [-e] [--nodeps] [docker-ce] [docker-ce-cli]");
    expect(packages()).toEqual(["libc6 2.36"]);
    expect(host.files("etc/yum.repos.d")).toEqual([]);
  });

  test("says that the key cannot be fetched", () => {
    machine(DNF);
    host.write("state/offline", "");
    const { output } = host.run("apply", SCRIPTS, settings(OWN));
    expect(output).toBe(
      `error: the key that signs the packages cannot be fetched from ${REPOSITORY.keyUrl}\n  | curl: (7) Failed to connect\nnothing was changed\n`,
    );
  });
});

describe("nothing that somebody types is run", () => {
  const HOSTILE = ["$(touch pwned)", "`touch pwned`", "'; touch pwned; '", '"; touch pwned; "', "x & touch pwned #"];
  test.each(HOSTILE)("%s", (text) => {
    machine({ ...APT, id: "echo 1000" });
    const plan: Partial<PackagePlan> = {
      names: ["docker-ce"],
      pinned: ["docker-ce"],
      version: text,
      repository: { ...REPOSITORY, text, url: text, keyUrl: text },
      signature: { key: text, fingerprint: text, strict: true },
    };
    const given = settings(plan, { add_users: text, remove_users: text, added: text, installed: text });
    expect(host.run("apply", SCRIPTS, given).status).toBe(1);
    host.run("apply", SCRIPTS, { ...given, packages: "" });
    host.run("remove", SCRIPTS, { ...given, uninstall: "yes" });
    expect(host.files(".")).not.toContain("pwned");
    expect(host.files("job")).not.toContain("pwned");
  });

  test("a line break never comes that far", () => {
    machine(APT);
    expect(() => host.run("apply", SCRIPTS, settings({}, { add_users: "ada'\ntouch pwned\n'" }))).toThrow(
      "add_users cannot stand in a job's settings",
    );
  });
});

test.each([
  ["5:24.0.7-1~debian.12~bookworm", "24.0.7"],
  ["20.10.24+dfsg1-1+deb12u1", "20.10.24"],
  ["24.0.7-0ubuntu2~22.04.1", "24.0.7"],
  ["3:26.1.3-1.el9", "26.1.3"],
])("%s is the project's %s", (version, upstream) => {
  host = new Sandbox({});
  expect(upstreamOf(version)).toBe(upstream);
  expect(isVersion(version, upstream)).toBe(true);
  expect(isVersion(version, version)).toBe(true);
  expect(isVersion(version, version.replace(/^\d+:/, ""))).toBe(true);
  expect(isVersion(version, upstream.slice(0, -1))).toBe(false);
  expect(isVersion(version, `${upstream}.1`)).toBe(false);
});
