import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../cli/tools";
import type { HostConnection } from "../../core/host/connection";
import { missingCommandPlugin } from "../plugin";
import { LAB_DIR, ROOT } from "./liveStack";

const SCRIPT = join(ROOT, "tests/live/lab/host.sh");

/** The plugin is not among them: hosts can be looked at without. */
function findMissing(): string | undefined {
  if (process.getuid?.() !== 0) return "remote hosts of the lab need root";
  const program = ["ssh", "unshare", "nsenter", "ip", "iptables"].find((name) => !onPath(name));
  if (program) return `no ${program} on PATH`;
  // The first time takes a while and installs packages on this machine: not for a test to start.
  return existsSync(join(LAB_DIR, "host/cache/made")) ? undefined : "no remote hosts (tests/live/lab/host.sh up)";
}

/** Why the tests on a remote host cannot run here. */
export const missingHost = findMissing();

/** The same of hosts with systemd. */
const missingSystemdHost =
  missingHost ??
  (existsSync(join(LAB_DIR, "host/cache/systemd.made"))
    ? undefined
    : "no remote hosts with systemd (tests/live/lab/host.sh up NAME --systemd)");

/** Why the tests of host stacks, which need the CLI and the real command plugin too, cannot run here. */
export const missingHostStacks = missingHost ?? missingProgram();
export const missingSystemdStacks = missingSystemdHost ?? missingProgram();

function missingProgram(): string | undefined {
  return onPath("pulumi") ? missingCommandPlugin() : "no pulumi CLI on PATH";
}

interface Output {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(program: string, args: string[], input?: string): Output {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    input,
    maxBuffer: 2 ** 28,
    timeout: 300_000,
  });
  if (error) throw error;
  return { code: status, stdout, stderr };
}

function must(program: string, args: string[], input?: string): string {
  const { code, stdout, stderr } = run(program, args, input);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout.trim();
}

const lab = (...args: string[]) => must(SCRIPT, args);

/** Whose session it is: `ada` may use sudo without a password, `bob` may not use it. */
export type HostUser = "root" | "ada" | "bob";

/**
 * A Debian machine of the lab with an SSH server and without Docker; see tests/live/lab/host.sh for what it is like.
 *
 * @example
 * let host: LabHost;
 * beforeAll(() => { host = LabHost.up("engine"); }, 180_000);
 * afterAll(() => host.down());
 * new DockerEngine("engine", { connection: host.connection("ada") });
 */
export class LabHost {
  readonly port = 22;

  private constructor(
    /** Its host name, and its alias in {@link sshSettings}. */
    readonly name: string,
    readonly address: string,
    /** What its known_hosts line has behind the address: `ssh-ed25519 AAAA...`. */
    readonly hostKey: string,
    /** The key of all three users, without a passphrase. */
    readonly privateKeyFile: string,
    /** Settings for `ssh -F` with every host of the lab. */
    readonly sshSettings: string,
    /** Address of the package mirror, for this host: /debian, /linux/debian. */
    readonly mirror: string,
    /** Fingerprint of the key that signs /linux/debian; the key itself is at /linux/debian/gpg. */
    readonly mirrorKey: string,
    /** The only host that can reach it. */
    readonly behind?: LabHost,
  ) {}

  /**
   * A host that is fresh: nothing of an earlier test is on it. Some seconds.
   *
   * @param name up to 12 of a-z, 0-9 and -; test files that may run at the same time need different ones
   * @param behind the only host that can reach it
   * @param systemd whether it has systemd; without, services are scripts in /etc/init.d
   */
  static up(name: string, behind?: LabHost, { systemd = false } = {}): LabHost {
    lab("down", name);
    const exports = lab("up", name, ...(behind ? ["--behind", behind.name] : []), ...(systemd ? ["--systemd"] : []));
    const value = (variable: string): string => {
      const [, quoted, plain] = new RegExp(`BERTH_HOST_${variable}=(?:'([^']*)'|(\\S*))`).exec(exports) ?? [];
      const found = quoted ?? plain;
      if (!found) throw new Error(`host.sh up has not said BERTH_HOST_${variable}: ${exports}`);
      return found;
    };
    return new LabHost(
      name,
      value("ADDRESS"),
      value("PUBLIC"),
      value("KEY_FILE"),
      value("SETTINGS"),
      value("MIRROR"),
      value("MIRROR_KEY"),
      behind,
    );
  }

  /** As a component takes it. The jump host's key has to come from an agent or from {@link sshSettings}. */
  connection(user: HostUser = "root"): HostConnection {
    return {
      host: this.address,
      user,
      identityFile: this.privateKeyFile,
      hostKey: this.hostKey,
      ...(this.behind && { jump: { host: this.behind.address, user: "root", hostKey: this.behind.hostKey } }),
    };
  }

  /** The private key itself. */
  get privateKey(): string {
    return readFileSync(this.privateKeyFile, "utf8");
  }

  /** Runs a line of the shell as root, without ssh, so that also a host that is cut off can be looked at. */
  exec(line: string): string {
    return lab("exec", this.name, "--", "sh", "-ec", line);
  }

  /** Whether such a line succeeds. */
  works(line: string): boolean {
    return run(SCRIPT, ["exec", this.name, "--", "sh", "-ec", line]).code === 0;
  }

  /** Runs a line of the shell as a user does by hand, over ssh. */
  ssh(user: HostUser, line: string, input?: string): Output {
    return run("ssh", ["-F", this.sshSettings, `${user}@${this.address}`, line], input);
  }

  /** Text of a file; undefined where there is none. */
  read(file: string): string | undefined {
    const { code, stdout } = run(SCRIPT, ["exec", this.name, "--", "cat", file]);
    return code === 0 ? stdout : undefined;
  }

  write(file: string, text: string): void {
    must(SCRIPT, ["exec", this.name, "--", "sh", "-ec", 'mkdir -p "$(dirname "$1")"; cat >"$1"', "sh", file], text);
  }

  /** How many sessions the SSH server has let in since the host has been up. */
  sessions(): number {
    return Number(this.exec("grep -c 'Accepted publickey' /var/log/auth.log || true"));
  }

  /** The same host, afresh: its key and its address stay. Takes down the hosts behind it. */
  reset(): void {
    lab("reset", this.name);
  }

  /** Drops all that comes and goes over its network, without an answer; false: lets it through again. */
  cut(on: boolean): void {
    lab("cut", this.name, on ? "on" : "off");
  }

  /**
   * Puts a small file system with the same files over a folder, and takes its free space.
   *
   * @param size of the file system: `64k`, `1m`
   * @param free what is left to write: `0`, `512k`
   */
  fill(folder: string, size = "64k", free = "0"): void {
    lab("fill", this.name, folder, size, free);
  }

  /** Takes away what {@link fill} has put there. */
  empty(folder: string): void {
    lab("empty", this.name, folder);
  }

  down(): void {
    lab("down", this.name);
  }
}
