import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DockerEngineArgs } from "../../components/dockerEngine";
import type { NvidiaToolkitArgs } from "../../components/nvidiaToolkit";
import { describeIf } from "../skips";
import { LabHost, missingHostStacks } from "./host";
import { errorsOf, LAB_DIR, removeFolders, ROOT, shell, Stack, until } from "./liveStack";

jest.setTimeout(400_000);

const root = JSON.stringify(ROOT);
const PROGRAM = `delete require.extensions[".ts"];
require(${root} + "/core/pulumi/patches/lazyLoading");
require("sucrase/register/ts");
const { DockerEngine } = require(${root} + "/components/dockerEngine");
const { NvidiaToolkit } = require(${root} + "/components/nvidiaToolkit");
module.exports = () => {
  const { version, gpus, report } = new DockerEngine("engine", JSON.parse(require("fs").readFileSync("host.json", "utf8")));
  return { version, gpus, report };
};
`;

/** What a host is, as far as an installation changes it. */
const SNAPSHOT = `dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\\n' | grep -v ' rc '
cat /etc/group
find /etc/apt -type f | sort | xargs sha256sum
find /var/lib/berth /run/berth -type f ! -name lock 2>/dev/null || true`;

describeIf(missingHostStacks, "the engine of a remote host, with the real command plugin", () => {
  let host: LabHost;
  let stack: Stack;

  const declare = (args: DockerEngineArgs = {}) =>
    writeFileSync(join(stack.folder, "host.json"), JSON.stringify({ connection: host.connection("ada"), ...args }));
  const fresh = async (name: string) => {
    host.reset();
    stack = await Stack.create(name);
    writeFileSync(join(stack.folder, "index.js"), PROGRAM);
  };
  const members = () => host.exec("getent group docker | cut -d : -f 4");
  const installed = (name: string) => host.works(`dpkg-query -W -f '\${Status}' ${name} | grep -q ' installed'`);

  beforeAll(() => {
    host = LabHost.up("heng");
  });
  afterAll(() => {
    if (!process.env.BERTH_LIVE_KEEP) host.down();
    removeFolders();
  });

  describe("from the distribution", () => {
    beforeAll(() => fresh("engine"));

    it("says at preview what it would do, and does nothing", async () => {
      const before = host.exec(SNAPSHOT);
      declare({ users: ["ada"] });
      const { code, output } = await stack.preview();
      expect(code).toBe(0);
      for (const change of [
        "installs docker.io from the distribution (Debian GNU/Linux 12 (bookworm))",
        "starts docker and has it start with the machine",
        "adds ada to the group docker",
      ])
        expect(output).toContain(`  ${change}\n`);
      expect(output).toContain("ada can become root on");
      expect(host.exec(SNAPSHOT)).toBe(before);
    });

    it("installs, starts and enables it, and a second run changes nothing, over one connection", async () => {
      await stack.up();
      expect(host.exec("docker load -i /srv/busybox.tar && docker run --rm busybox:lab echo runs")).toContain("runs");
      expect(host.ssh("ada", "docker version --format '{{.Server.Version}}'").stdout.trim()).toMatch(/^20\.10\.24/);
      expect(host.works("ls /etc/rc2.d/S*docker")).toBe(true);
      expect(members()).toBe("ada");
      expect((await stack.outputs()).version).toMatch(/^20\.10\.24/);

      const began = host.exec("stat -c %Y /proc/$(cat /var/run/docker.pid)");
      const sessions = host.sessions();
      expect(await stack.changes()).toEqual([]);
      expect(host.sessions()).toBe(sessions + 1);
      expect((await stack.up()).output).toMatch(/3 unchanged/);
      expect(host.exec("stat -c %Y /proc/$(cat /var/run/docker.pid)")).toBe(began);
    });

    it("adds a user who is declared, and takes out one who is no longer", async () => {
      host.exec("useradd lin && gpasswd -a lin docker");
      declare({ users: ["bob"] });
      const { output } = await stack.preview();
      expect(output).toContain("adds bob to the group docker");
      expect(output).toContain("takes ada out of the group docker");
      await stack.up();
      // Whom berth has not added is none of its business.
      expect(members()).toBe("lin,bob");
      expect(await stack.changes()).toEqual([]);
    });

    it("sees what was changed by hand and puts it right, time and again", async () => {
      for (let time = 1; time <= 2; time++) {
        host.exec("gpasswd -d bob docker; service docker stop; update-rc.d docker disable");
        const { output } = await stack.preview();
        expect(output).toContain("starts docker and has it start with the machine");
        expect(output).toContain("adds bob to the group docker");
        await stack.up();
        expect(members()).toBe("lin,bob");
        expect(host.works("docker version")).toBe(true);
        expect(host.works("ls /etc/rc2.d/S*docker")).toBe(true);
        expect(await stack.changes()).toEqual([]);
      }
    });

    it("refuses a user whom the host does not know", async () => {
      declare({ users: ["bob", "eve"] });
      const result = await stack.preview();
      expect(result.code).not.toBe(0);
      expect(errorsOf(result)).toContain(
        `DockerEngine "engine": users[1]: ada@${host.address} has no user eve; make the account there first (useradd), or leave it out.`,
      );
    });

    it("keeps the engine where another family of packages is asked for", async () => {
      declare({ users: ["bob"], source: "docker", version: "24.0.7" });
      expect(errorsOf(await stack.preview())).toContain("which berth does not replace by other packages");
      declare({ users: ["bob"], source: "docker" });
      const { output } = await stack.up();
      expect(output).toMatch(/has docker\.io 20\.10\.24\S*; it stays and is used as it is/);
      expect(installed("docker.io")).toBe(true);
    });

    it("leaves the engine on destroy, and takes out whom it has added", async () => {
      await stack.destroy();
      expect(members()).toBe("lin");
      expect(host.works("docker version")).toBe(true);
      expect(host.works("test -e /var/lib/berth/docker-engine")).toBe(false);
    });
  });

  describe("what was left half-done, and completion", () => {
    beforeAll(() => fresh("broken"));

    it("completes an installation that broke off", async () => {
      host.exec("apt-get update && cd /tmp && apt-get download docker.io bash-completion && dpkg --unpack *.deb");
      declare({ bashCompletion: true, uninstall: true });
      const { output } = await stack.preview();
      expect(output).toContain("completes the installation of docker.io, which broke off");
      await stack.up();
      expect(installed("docker.io")).toBe(true);
      expect(installed("bash-completion")).toBe(true);
      expect(host.exec("dpkg --audit")).toBe("");
      expect(host.works("docker version")).toBe(true);
      expect(await stack.changes()).toEqual([]);
    });

    it("removes the packages on destroy where that is asked for, and leaves the data", async () => {
      host.exec("docker load -i /srv/busybox.tar");
      await stack.destroy();
      expect(installed("docker.io")).toBe(false);
      expect(host.works("pidof dockerd")).toBe(false);
      expect(host.works("test -d /var/lib/docker/image")).toBe(true);
    });
  });

  describe("where it goes wrong", () => {
    beforeEach(() => fresh("wrong"));

    /** Fails, with the host as it was. */
    async function failing(...parts: string[]) {
      const before = host.exec(SNAPSHOT);
      const result = await stack.tryUp();
      const errors = errorsOf(result);
      for (const part of parts) expect(errors).toContain(part);
      expect(host.exec(SNAPSHOT)).toBe(before);
      return errors;
    }

    it("says that the mirror is down", async () => {
      const sources = host.read("/etc/apt/sources.list")!;
      host.write("/etc/apt/sources.list", sources.replace(/:\d+\/debian/, ":1/debian"));
      declare();
      await failing("error: docker.io could not be installed", ":1 (", "Connection refused", "nothing was changed");
    });

    it("says that the disk is full, before and in the middle", async () => {
      declare();
      host.fill("/var/cache/apt/archives", "8m", "4m");
      await failing("could not be installed", "enough free space");
      host.empty("/var/cache/apt/archives");
      host.fill("/usr/bin", "400m", "30m");
      await failing("could not be installed", "No space left on device", "taken back: the host is as it was");
    });

    it("takes the packages back where the engine does not come up", async () => {
      declare();
      host.write("/etc/docker/daemon.json", "{ broken");
      await failing("error: the engine does not come up", "daemon.json", "taken back: the host is as it was");
      expect(host.read("/etc/docker/daemon.json")).toBe("{ broken");
    });

    it("goes on to the end where the connection is lost", async () => {
      declare({ users: ["ada"] });
      const running = stack.tryUp();
      await until("it installs", () => host.works("grep -qs '^installs' /run/berth/job.*/log"), 120);
      host.exec("kill $(pgrep -u ada -x sshd)");
      const result = await running;
      expect(result.code).not.toBe(0);
      await until("the job ends", () => host.works("test -e /var/lib/berth/docker-engine/settings"), 180);
      expect(members()).toBe("ada");
      await stack.up();
      expect(await stack.changes()).toEqual([]);
      await stack.destroy();
      expect(members()).toBe("");
    });
  });

  describe("Docker's own packages", () => {
    let key: string;
    beforeAll(async () => {
      await fresh("docker-ce");
      key = host.exec(`curl -fsS ${host.mirror}/linux/debian/gpg`);
    });

    it("refuses a key that is not Docker's, and a version that there is not", async () => {
      const before = host.exec(SNAPSHOT);
      declare({ source: "docker", mirror: host.mirror, fingerprint: "A".repeat(40) });
      expect(errorsOf(await stack.tryUp())).toContain(
        `are signed by the key ${host.mirrorKey}, not by ${"A".repeat(40)}`,
      );
      expect(host.exec(SNAPSHOT)).toBe(before);
      declare({ source: "docker", mirror: host.mirror, key, version: "99.1" });
      const errors = errorsOf(await stack.tryUp());
      expect(errors).toContain("there is no docker-ce 99.1 in the repositories of this host");
      expect(errors).toContain("20.10.24");
      expect(host.exec(SNAPSHOT)).toBe(before);
    });

    it("installs the version that is asked for, from the repository as it is documented", async () => {
      declare({ source: "docker", mirror: host.mirror, key, version: "20.10.24", users: ["ada"], uninstall: true });
      expect((await stack.preview()).output).toContain(
        `installs docker-ce 20.10.24, docker-ce-cli 20.10.24, containerd.io, docker-buildx-plugin, docker-compose-plugin from ${host.mirror}`,
      );
      await stack.up();
      const architecture = host.exec("dpkg --print-architecture");
      expect(host.read("/etc/apt/sources.list.d/docker.list")).toBe(
        `deb [arch=${architecture} signed-by=/etc/apt/keyrings/docker.asc] ${host.mirror}/linux/debian bookworm stable\n`,
      );
      expect(host.exec("docker compose version --short")).toContain("2.17.2");
      expect(members()).toBe("ada");
      expect(await stack.changes()).toEqual([]);
    });

    it("takes packages and repository away on destroy", async () => {
      await stack.destroy();
      for (const name of ["docker-ce", "docker-ce-cli", "containerd.io"]) expect(installed(name)).toBe(false);
      expect(host.works("ls /etc/apt/sources.list.d/docker.list* /etc/apt/keyrings/docker.asc*")).toBe(false);
    });

    it("checks a fetched key by its fingerprint", async () => {
      declare({ source: "docker", mirror: host.mirror, fingerprint: host.mirrorKey });
      await stack.up();
      expect(installed("docker-ce")).toBe(true);
      await stack.destroy();
      expect(installed("docker-ce")).toBe(true);
      expect(host.works("test -e /etc/apt/keyrings/docker.asc")).toBe(true);
    });
  });
});

/** NVIDIA's repository with a toolkit that only puts an nvidia-smi into containers, signed with a key of its own. */
const REPOSITORY = `folder=$1 mirror=$2
mkdir -p "$folder/package/DEBIAN" "$folder/package/usr/bin" "$mirror/stable/deb/$(dpkg --print-architecture)"
printf '%s\\n' 'Package: nvidia-container-toolkit' 'Version: 1.17.8-1' 'Architecture: all' 'Maintainer: lab <lab@localhost>' \\
  'Description: as far as tests need it' >"$folder/package/DEBIAN/control"
cat >"$folder/package/usr/bin/nvidia-container-runtime-hook" <<'EOT'
#!/bin/sh
# What a hook gets names the folder of the container, and that its root.
bundle=$(sed 's/.*"bundle":"\\([^"]*\\)".*/\\1/')
root=$(sed 's/.*"root":{"path":"\\([^"]*\\)".*/\\1/' "$bundle/config.json")
printf '#!/bin/sh\\necho "GPU 0: NVIDIA H200 (UUID: GPU-in-a-container)"\\n' >"$root/bin/nvidia-smi"
chmod 755 "$root/bin/nvidia-smi"
EOT
chmod 755 "$folder/package/usr/bin/nvidia-container-runtime-hook"
cd "$mirror/stable/deb/$(dpkg --print-architecture)"
dpkg-deb -Znone --root-owner-group -b "$folder/package" . >/dev/null
dpkg-scanpackages . >Packages 2>/dev/null
printf 'SHA256:\\n %s %s Packages\\n' "$(sha256sum <Packages | cut -d ' ' -f 1)" "$(stat -c %s Packages)" >"$folder/Release"
gpg() { command gpg --homedir "$folder/gnupg" --batch --quiet "$@"; }
mkdir -m 700 "$folder/gnupg"
gpg --passphrase '' --quick-generate-key 'lab <lab@localhost>' rsa3072 sign never
gpg --clearsign -o InRelease "$folder/Release"
gpg --armor --export >"$mirror/gpgkey"
gpgconf --homedir "$folder/gnupg" --kill all
`;

describeIf(missingHostStacks, "NVIDIA's toolkit on a remote host, with a driver that is only made up", () => {
  const GPU = "GPU 0: NVIDIA H200 (UUID: GPU-of-the-host)";
  let host: LabHost;
  let stack: Stack;
  const folder = mkdtempSync(join(tmpdir(), "berth-nvidia-"));
  const mirror = join(LAB_DIR, "host/cache/mirror", basename(folder));

  const declare = (args: NvidiaToolkitArgs = {}) =>
    writeFileSync(
      join(stack.folder, "host.json"),
      JSON.stringify({
        connection: host.connection("ada"),
        mirror: `${host.mirror}/${basename(folder)}`,
        key: readFileSync(join(mirror, "gpgkey"), "utf8"),
        ...args,
      }),
    );
  const started = () => host.exec("stat -c %Y /proc/$(cat /var/run/docker.pid)");

  beforeAll(async () => {
    writeFileSync(join(folder, "make.sh"), REPOSITORY);
    shell(`sh ${join(folder, "make.sh")} ${folder} ${mirror}`);
    host = LabHost.up("hgpu");
    stack = await Stack.create("nvidia");
    writeFileSync(join(stack.folder, "index.js"), PROGRAM.replace("new DockerEngine", "new NvidiaToolkit"));
    declare();
  });
  afterAll(() => {
    if (!process.env.BERTH_LIVE_KEEP) host.down();
    removeFolders();
    for (const one of [folder, mirror]) rmSync(one, { recursive: true, force: true });
  });

  it("refuses a host without a GPU", async () => {
    expect(errorsOf(await stack.preview())).toContain(
      `NvidiaToolkit "engine": connection: ada@${host.address} has no NVIDIA GPU: none on its PCI bus, and no driver; leave NvidiaToolkit out there.`,
    );
  });

  it("installs it, restarts the engine once, and has the answer of a container", async () => {
    host.exec("mount -t tmpfs driver /proc/driver && mkdir /proc/driver/nvidia");
    host.write(
      "/proc/driver/nvidia/version",
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22\n",
    );
    host.write("/usr/bin/nvidia-smi", `#!/bin/sh\necho "${GPU}"\n`);
    host.exec(
      "chmod 755 /usr/bin/nvidia-smi; apt-get update; apt-get install -y docker.io; service docker start || true",
    );
    host.exec(
      "until docker load -i /srv/busybox.tar; do sleep 0.2; done; docker run -d --name old busybox:lab sleep 600",
    );
    const before = started();
    declare({ check: "busybox:lab" });
    const { output } = await stack.preview();
    expect(output).toContain("installs nvidia-container-toolkit from");
    expect(output).toContain("the running container stops and starts again");
    expect(output).toContain("asks a container of busybox:lab for the GPUs");

    await stack.up();
    expect((await stack.outputs()).gpus).toEqual(["GPU 0: NVIDIA H200 (UUID: GPU-in-a-container)"]);
    expect(host.exec("docker inspect -f '{{.State.Running}}' old")).toBe("true");
    const after = started();
    expect(after).not.toBe(before);

    expect(await stack.changes()).toEqual([]);
    await stack.up();
    expect(started()).toBe(after);
  });

  it("leaves it on destroy", async () => {
    await stack.destroy();
    expect(host.works("command -v nvidia-container-runtime-hook")).toBe(true);
  });
});
