import { mkdirSync, utimesSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { HostFacts } from "../../../core/host/facts";
import { NvidiaToolkit, type NvidiaToolkitArgs } from "../../../components/nvidiaToolkit";
import { planToolkit } from "../../../core/host/toolkitPackages";
import { lookWith } from "../../../core/host/looks";
import { value, type World, world } from "../mocks";
import { refusal, sentence } from "../refusal";
import { debian, recorded } from "./facts";
import { Sandbox } from "./sandbox";
import { APT, COMMON, KEY } from "./stubs";

const GPU = "GPU 0: NVIDIA H200 (UUID: GPU-0)";
const DRIVER: HostFacts["nvidia"] = { driver: "550.54.14", devices: 1, gpus: [GPU] };
const READY: Partial<HostFacts> = {
  nvidia: { ...DRIVER, toolkit: "1.17.8", seen: true },
  packages: { ...debian().packages, "nvidia-container-toolkit": { version: "1.17.8-1", whole: true } },
};
const MIRROR = "https://nvidia.github.io/libnvidia-container";

const plan = (args: NvidiaToolkitArgs, facts: HostFacts | undefined, record?: Record<string, string>) =>
  planToolkit(args, 900, "ada@gpu1", facts, record && recorded(record));
const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString();

describe("what would change", () => {
  test("it is installed, and the engine restarts once", () => {
    const { changes, settings } = plan({}, debian({ nvidia: DRIVER }));
    expect(changes).toEqual([
      `installs nvidia-container-toolkit from ${MIRROR} (Debian GNU/Linux 12 (bookworm))`,
      "the engine restarts, since it looks for NVIDIA's hook only when it starts; 2 running containers stop and start again",
    ]);
    expect(settings).toMatchObject({
      manager: "apt",
      packages: "nvidia-container-toolkit",
      repo_file: "/etc/apt/sources.list.d/nvidia-container-toolkit.list",
      key_url: `${MIRROR}/gpgkey`,
      fingerprint: "C95B321B61E88C1809C4F759DDCAE044F796ECB0",
      check_image: "none",
    });
    expect(decoded(settings.repo_text)).toBe(
      `deb [signed-by=/usr/share/keyrings/nvidia-container-toolkit-keyring.asc] ${MIRROR}/stable/deb/$(ARCH) /\n`,
    );
  });

  test("the repository of dnf", () => {
    const facts = debian({ nvidia: DRIVER, tools: new Set(["dnf", "docker", "dockerd"]) });
    const { settings } = plan({ mirror: "https://mirror.lan/nvidia" }, facts);
    expect(decoded(settings.repo_text).split("\n")).toEqual([
      "[nvidia-container-toolkit]",
      "name=nvidia-container-toolkit",
      "baseurl=https://mirror.lan/nvidia/stable/rpm/$basearch",
      "repo_gpgcheck=1",
      "gpgcheck=0",
      "enabled=1",
      "gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-nvidia-container-toolkit",
      "",
    ]);
  });

  test("a version holds for all of its parts", () => {
    const { changes, settings } = plan({ version: "1.17.8" }, debian({ nvidia: DRIVER }));
    expect(changes[0]).toContain("installs nvidia-container-toolkit 1.17.8 from ");
    expect(settings.packages).toBe(
      "nvidia-container-toolkit nvidia-container-toolkit-base libnvidia-container-tools libnvidia-container1",
    );
    expect(settings.pinned).toBe(settings.packages);
    expect(plan({ version: "1.16.0" }, debian(READY)).changes).toEqual([
      "changes nvidia-container-toolkit from 1.17.8-1 to 1.16.0",
    ]);
  });

  test("nothing, where it is there and the engine has seen it", () => {
    expect(plan({ version: "1.17.8" }, debian(READY)).changes).toEqual([]);
    const byHand = debian({ nvidia: READY.nvidia! });
    expect(plan({}, byHand).changes).toEqual([]);
    expect(plan({}, byHand).settings).toMatchObject({ packages: "", repo_file: "none" });
  });

  test("a restart alone, where the engine was started too early; live-restore spares the containers", () => {
    const facts = debian({ ...READY, nvidia: { ...READY.nvidia!, seen: false } }, { LiveRestoreEnabled: true });
    expect(plan({}, facts).changes).toEqual([
      "the engine restarts, since it looks for NVIDIA's hook only when it starts; 2 running containers keep running (live-restore)",
    ]);
  });

  test("no restart where no engine runs", () => {
    expect(plan({}, debian({ nvidia: DRIVER, engine: undefined })).changes).toHaveLength(1);
  });

  test("the check runs once for an image", () => {
    const check = "nvidia/cuda:12.4.1-base-ubuntu22.04";
    const first = plan({ check }, debian(READY));
    expect(first.changes).toEqual([`asks a container of ${check} for the GPUs`]);
    expect(first.settings.check_image).toBe(check);
    expect(plan({ check }, debian(READY), first.settings).changes).toEqual([]);
  });

  test("an installation that broke off", () => {
    const packages = { "nvidia-container-toolkit": { version: "1.17.8-1", whole: false } };
    expect(plan({}, debian({ nvidia: DRIVER, packages })).changes[0]).toBe(
      "completes the installation of nvidia-container-toolkit, which broke off",
    );
  });

  test("a plan that knows no host says what a bare one gets", () =>
    expect(plan({}, undefined).changes).toEqual([
      "installs nvidia-container-toolkit from https://nvidia.github.io/libnvidia-container",
    ]));
});

test.each<[string, HostFacts, NvidiaToolkitArgs, string]>([
  [
    "no GPU",
    debian(),
    {},
    "connection: ada@gpu1 has no NVIDIA GPU: none on its PCI bus, and no driver; leave NvidiaToolkit out there.",
  ],
  [
    "no driver",
    debian({ nvidia: { devices: 2, gpus: [] } }),
    {},
    "connection: ada@gpu1 has an NVIDIA GPU, but its driver is not loaded, and berth installs no kernel drivers; install it there (the package nvidia-driver) and restart the machine.",
  ],
  [
    "a driver that sees nothing",
    debian({ nvidia: { ...DRIVER, gpus: [] } }),
    {},
    "connection: ada@gpu1 has NVIDIA's driver 550.54.14, but nvidia-smi lists no GPU; see what `nvidia-smi` says there.",
  ],
  [
    "no package manager",
    debian({ nvidia: DRIVER, tools: new Set() }),
    {},
    "connection: ada@gpu1 (Debian GNU/Linux 12 (bookworm)) has no apt-get, dnf or yum to install nvidia-container-toolkit with; install nvidia-container-toolkit there by hand; what is installed already counts.",
  ],
  [
    "another version by hand",
    debian({ nvidia: READY.nvidia! }),
    { version: "1.16.0" },
    "version: ada@gpu1 has a toolkit 1.17.8 that the package nvidia-container-toolkit did not bring, and that stays; remove it there first, or leave version out.",
  ],
  [
    "no gpg",
    debian({ nvidia: DRIVER }),
    { fingerprint: "A".repeat(40) },
    "fingerprint: ada@gpu1 (Debian GNU/Linux 12 (bookworm)) has no gpg to check it with; install gnupg there, or give the key itself (key) and no fingerprint.",
  ],
])("refused: %s", (_, facts, args, expected) => expect(refusal(() => plan(args, facts))).toBe(expected));

describe("the component", () => {
  let w: World;
  beforeEach(async () => {
    w = await world({ stack: "host" });
    pulumi.log.info = async () => {};
  });
  afterEach(() => lookWith(undefined));

  test.each<[unknown, string]>([
    [
      { image: "cuda" },
      "image: is not an argument of NvidiaToolkit; use mirror, key, fingerprint, version, check, uninstall, connection, packageTimeout.",
    ],
    [{ mirror: "$(x)" }, `mirror: "$(x)" is not a mirror; use an address such as ${MIRROR}.`],
    [{ mirror: "http://m" }, 'mirror: "http://m" is without TLS, '],
    [{ key: "x" }, "key: is not a signing key; "],
    [{ fingerprint: "x" }, 'fingerprint: "x" is not a fingerprint; '],
    [{ version: "`x`" }, 'version: "`x`" is not a version; '],
    [{ check: "CUDA image" }, 'check: "CUDA image" is not an image reference: '],
    [{ check: "--privileged" }, 'check: "--privileged" is not an image reference: '],
    [{ check: true }, "check: is true or false; give text."],
    [{ uninstall: "no" }, "uninstall: is text; give true or false."],
    [{ packageTimeout: 0 }, "packageTimeout: 0 is not a whole number in range; use 30 to 86400."],
  ])("refuses %j", (args, expected) =>
    expect(sentence(() => new NvidiaToolkit("gpus", args as NvidiaToolkitArgs))).toContain(
      `NvidiaToolkit "gpus": ${expected}`,
    ),
  );

  test("knows the GPUs where nothing changes, and a runtime for daemon.json", async () => {
    lookWith(async () => debian(READY));
    const toolkit = new NvidiaToolkit("gpus", { connection: { host: "gpu1" } });
    await w.done();
    expect(await value(toolkit.gpus)).toEqual([GPU]);
    expect(toolkit.runtime).toEqual({ nvidia: { path: "nvidia-container-runtime", args: [] } });
    expect(w.one("command:local:Command", "gpus").inputs.stdin).toContain("\nkind='nvidia-toolkit'\n");
  });
});

describe("the script", () => {
  let host: Sandbox;
  afterEach(() => host.remove());

  /** A machine with an engine that was started long ago. */
  function machine(): Sandbox {
    host = new Sandbox({ ...COMMON, ...APT, "nvidia-smi": `echo '${GPU}'` });
    host.write("run/systemd/system/there", "");
    host.write("etc/ssl/certs/ca-certificates.crt", "");
    host.write("state/packages", "libc6 2.36\n");
    host.write("state/runs", "");
    host.write("var/run/docker.pid", "77");
    mkdirSync(host.path("proc/77"));
    utimesSync(host.path("proc/77"), 1000, 1000);
    host.stub({
      "apt-get": `case "$*" in *install*) cp "$STATE/../bin/sync" "$STATE/../bin/nvidia-container-runtime-hook" ;; esac
        ${APT["apt-get"]}`,
    });
    return host;
  }
  const settings = (args: NvidiaToolkitArgs = {}) => ({
    kind: "nvidia-toolkit",
    ...plan({ key: KEY, ...args }, debian({ nvidia: DRIVER })).settings,
  });
  const run = (args?: NvidiaToolkitArgs) => host.run("apply", ["service", "packages", "nvidia"], settings(args));
  const restarts = (calls: string[]) => calls.filter((call) => /^systemctl \[(stop|start)\]/.test(call));

  test("installs, restarts the engine once, and asks a container", () => {
    machine();
    const { status, output, calls } = run({ check: "nvidia/cuda" });
    expect(output.trim().split("\n").slice(-4)).toEqual([
      expect.stringMatching(/^installs nvidia-container-toolkit$/),
      "restarted the engine, which looks for NVIDIA's hook only when it starts",
      "a container of nvidia/cuda sees the GPUs",
      `gpu ${GPU}`,
    ]);
    expect(status).toBe(0);
    expect(restarts(calls)).toHaveLength(2);
    expect(calls).toContain("docker [run] [--rm] [--gpus] [all] [nvidia/cuda] [nvidia-smi] [-L]");

    // Started after the hook was there.
    host.write("var/run/docker.pid", "77");
    utimesSync(host.path("proc/77"), 4e9, 4e9);
    const again = run();
    expect([again.status, again.output, restarts(again.calls)]).toEqual([0, `gpu ${GPU}\n`, []]);
  });

  test("takes the packages back where containers do not see the GPUs", () => {
    machine();
    host.write("state/blind", "");
    const { status, output } = run({ check: "nvidia/cuda" });
    expect(status).toBe(1);
    expect(output).toContain("error: a container of nvidia/cuda does not see the GPUs (exit status 125)");
    expect(output).toContain("could not select device driver");
    expect(output).toContain("taken back: the packages are as they were");
    expect(host.read("state/packages")).toBe("libc6 2.36\n");
    expect(host.files("etc/apt/sources.list.d")).toEqual([]);
  });

  test("does nothing where nvidia-smi does not answer", () => {
    machine();
    host.stub({ "nvidia-smi": "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18" });
    const { output, calls } = run();
    expect(output).toBe(
      "error: nvidia-smi does not answer; look at the driver (exit status 18)\n  | Failed to initialize NVML: Driver/library version mismatch\nnothing was changed\n",
    );
    expect(calls.some((call) => call.startsWith("apt-get"))).toBe(false);
  });
});
