import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import { freePort, httpStatus, shell, until } from "./liveStack";

/** A program that a test has started; its folder goes with it. */
export class Started {
  readonly folder = mkdtempSync(join(tmpdir(), "berth-live-"));
  private child?: ChildProcess;

  start(program: string, ...args: string[]): void {
    const log = openSync(join(this.folder, "log"), "a");
    this.child = spawn(program, args, { stdio: ["ignore", log, log] });
  }

  get log(): string {
    return readFileSync(join(this.folder, "log"), "utf8");
  }

  protected async end(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const USER = "pusher";
export const PASSWORD = "Passw0rd-of-the-registry";
/** Of bcrypt, the only kind that the registry takes. */
const HTPASSWD = `${USER}:$2b$05$abcdefghijklmnopqrstuuXZTIfh0r0b7K8xQSvzRvMco43lfWjJ6\n`;

export const missingRegistry = onPath("docker-registry") ? undefined : "no docker-registry on PATH";

/** A registry of its own, with one user where `login` says so. */
export class Registry extends Started {
  readonly host: string;

  constructor(port: number) {
    super();
    this.host = `127.0.0.1:${freePort(port)}`;
  }

  async listen({ login }: { login: boolean }): Promise<void> {
    const { folder } = this;
    writeFileSync(join(folder, "htpasswd"), HTPASSWD);
    const auth = login ? { auth: { htpasswd: { realm: "tests", path: join(folder, "htpasswd") } } } : {};
    const storage = { filesystem: { rootdirectory: join(folder, "images") }, delete: { enabled: true } };
    // YAML is a superset of JSON.
    writeFileSync(
      join(folder, "registry.yml"),
      JSON.stringify({
        version: 0.1,
        log: { accesslog: { disabled: false } },
        storage,
        http: { addr: this.host, secret: "tests" },
        ...auth,
      }),
    );
    this.start("docker-registry", "serve", join(folder, "registry.yml"));
    await until(
      "the registry answers",
      async () => (await httpStatus(`http://${this.host}/v2/`)) === (login ? 401 : 200),
    );
  }

  /** Digest of an image, or "" where it is not there. */
  async digest(repository: string, tag: string): Promise<string> {
    const answer = await this.ask("HEAD", repository, tag);
    return answer.headers.get("docker-content-digest") ?? "";
  }

  ask(method: string, repository: string, reference: string): Promise<Response> {
    return fetch(`http://${this.host}/v2/${repository}/manifests/${reference}`, {
      method,
      headers: {
        Accept: "application/vnd.docker.distribution.manifest.v2+json",
        Authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`,
      },
    });
  }
}

const LAB_DIR = process.env.BERTH_LAB_DIR ?? "/var/tmp/berth-lab";

/** A second engine without any network, beside the lab's and with the lab's containerd. Needs root, as the lab does. */
export class SecondEngine extends Started {
  readonly address = `unix://${join(this.folder, "docker.sock")}`;

  async listen(): Promise<void> {
    const at = (name: string) => join(this.folder, name);
    writeFileSync(at("daemon.json"), JSON.stringify({ debug: true }));
    mkdirSync(at("data"));
    // In a network of its own: `--bridge none` takes docker0 away from whoever has it.
    this.start(
      "unshare",
      ...["--net", "dockerd"],
      ...["--config-file", at("daemon.json"), "--host", this.address, "--pidfile", at("pid")],
      ...["--data-root", at("data"), "--exec-root", at("exec")],
      ...["--containerd", join(LAB_DIR, "run/containerd.sock")],
      ...["--containerd-namespace", "berth-second", "--containerd-plugins-namespace", "berth-second-plugins"],
      // With "none" it would take away docker0, which is the first engine's.
      ...[
        "--bridge",
        existsSync("/sys/class/net/docker0") ? "docker0" : "none",
        "--iptables=false",
        "--ip6tables=false",
      ],
    );
    await until("the second engine answers", () => {
      try {
        return this.docker("version") !== "";
      } catch {
        return false;
      }
    });
  }

  /** How often it was asked, e.g. for `POST /images/load`. */
  calls(what: string): number {
    return this.log.split("\n").filter((line) => line.includes(`Calling ${what}`)).length;
  }

  docker(...args: string[]): string {
    return shell(`DOCKER_HOST=${this.address} docker ${args.map((arg) => `'${arg}'`).join(" ")}`);
  }

  override async stop(): Promise<void> {
    // The engine leaves its data folder mounted on itself.
    const { folder } = this;
    const data = join(folder, "data");
    await this.end();
    shell(`umount -q '${data}' || true`);
    rmSync(folder, { recursive: true, force: true });
  }
}
