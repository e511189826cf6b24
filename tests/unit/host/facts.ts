import type { EngineInfo, HostFacts, HostRecord } from "../../../core/host/facts";
import { recordOf } from "../../../core/host/facts";
import { settingsText } from "../../../core/host/job";
import { createHash } from "node:crypto";

const TOOLS = ["apt-get", "curl", "bash", "flock", "setsid", "timeout", "base64", "sha256sum", "docker", "dockerd"];

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A Debian machine with a running engine; a test changes what it is about. */
export function debian(changes: Partial<HostFacts> = {}, info: Partial<EngineInfo> = {}): HostFacts {
  return {
    arch: "x86_64",
    os: { id: "debian", like: [], version: "12", codename: "bookworm", name: "Debian GNU/Linux 12 (bookworm)" },
    init: "systemd",
    tools: new Set(TOOLS),
    packages: { "docker.io": { version: "20.10.24+dfsg1-1", whole: true } },
    engine: {
      version: "20.10.24",
      package: "docker.io 20.10.24+dfsg1-1",
      enabled: true,
      flags: ["/usr/sbin/dockerd", "-H", "fd://", "--containerd=/run/containerd/containerd.sock"],
      started: 1000,
      info: {
        ServerVersion: "20.10.24",
        DockerRootDir: "/var/lib/docker",
        ContainersRunning: 2,
        Debug: false,
        LiveRestoreEnabled: false,
        LoggingDriver: "json-file",
        Labels: [],
        Runtimes: { runc: { path: "runc" } },
        DefaultRuntime: "runc",
        RegistryConfig: { Mirrors: [] },
        Swarm: { LocalNodeState: "inactive" },
        ...info,
      },
    },
    dockerGroup: ["ada"],
    users: new Set(["root", "ada", "bob"]),
    usersElsewhere: false,
    records: {},
    nvidia: { devices: 0, gpus: [] },
    ...changes,
  };
}

/** A machine whose daemon.json holds a text. */
export const withFile = (text: string, changed = 500): Pick<HostFacts, "daemonFile"> => ({
  daemonFile: { text, digest: digestOf(text), changed },
});

/** What a job leaves on its host. */
export const recorded = (settings: Record<string, string>): HostRecord => recordOf(settingsText(settings));
