import { say } from "../description/say";
import { ArgumentError, show } from "../description/errors";
import { parseImage } from "../description/names";
import { type HostFacts, type HostRecord, throughRestart } from "./facts";
import {
  checkFingerprint,
  checkGpg,
  checkManager,
  checkMirror,
  checkSigningKey,
  checkVersion,
  isVersion,
  type Manager,
  managerOf,
  packageSettings,
  type Repository,
  signatureOf,
  words,
} from "./packages";
import type { HostPlan } from "./setUp";

/** The toolkit that a host is to have. */
export interface ToolkitArgs {
  /**
   * A copy of NVIDIA's packages, up to the folder that holds `stable/`. Without TLS (`http://`) only with `key` or
   * `fingerprint`. @default "https://nvidia.github.io/libnvidia-container"
   */
  mirror?: string;
  /** The public key that signs the packages, as armoured text. @default the host fetches it from the mirror */
  key?: string;
  /** Of that key; needs gpg on the host. @default NVIDIA's, checked where the host has gpg and `key` is not given */
  fingerprint?: string;
  /** Installed exactly, and kept: `1.17.8`. @default whatever is there already, else the newest */
  version?: string;
  /** An image with `nvidia-smi` in it, of which a container is asked for the GPUs. @default only the host is asked */
  check?: string;
  /** Destroy removes the packages that berth has installed. @default false */
  uninstall?: boolean;
}

const NVIDIA = "https://nvidia.github.io/libnvidia-container";
/** Of the key that NVIDIA signs its repository with. */
const FINGERPRINT = "C95B321B61E88C1809C4F759DDCAE044F796ECB0";
const TOOLKIT = "nvidia-container-toolkit";
/** What the toolkit depends on, which has to be of the same version. */
const PARTS = [TOOLKIT, "nvidia-container-toolkit-base", "libnvidia-container-tools", "libnvidia-container1"];
/** Seconds in which the engine has to answer after a restart. */
const START_LIMIT = 60;

/**
 * Checks what is declared, without a look at the host.
 *
 * @throws ArgumentError naming the argument
 */
export function checkToolkitArgs(args: ToolkitArgs): ToolkitArgs {
  const given = { ...args };
  if (given.mirror !== undefined) given.mirror = checkMirror(given.mirror, "mirror", NVIDIA);
  if (given.key !== undefined) given.key = checkSigningKey(given.key, "key");
  if (given.fingerprint !== undefined) given.fingerprint = checkFingerprint(given.fingerprint, "fingerprint");
  if (given.version !== undefined) checkVersion(given.version, "version");
  signature(given);
  if (given.check !== undefined) {
    if (typeof given.check !== "string")
      throw new ArgumentError(
        "check",
        say`${show(given.check)} is not an image`,
        say`name an image with nvidia-smi in it`,
      );
    parseImage(given.check, "check");
  }
  if (given.uninstall !== undefined && typeof given.uninstall !== "boolean")
    throw new ArgumentError("uninstall", say`${show(given.uninstall)} is not true or false`, say`use true or false`);
  return given;
}

const signature = ({ mirror = NVIDIA, key, fingerprint }: ToolkitArgs) =>
  signatureOf({ mirror, key, fingerprint }, FINGERPRINT);

/** NVIDIA's repository as its documentation writes it. */
function repositoryOf(manager: Manager, mirror: string): Repository {
  const keyUrl = `${mirror}/gpgkey`;
  if (manager === "apt") {
    const keyFile = "/usr/share/keyrings/nvidia-container-toolkit-keyring.asc";
    return {
      file: "/etc/apt/sources.list.d/nvidia-container-toolkit.list",
      // apt itself fills the architecture in.
      text: `deb [signed-by=${keyFile}] ${mirror}/stable/deb/$(ARCH) /\n`,
      url: `${mirror}/stable/deb/`,
      keyFile,
      keyUrl,
    };
  }
  const keyFile = "/etc/pki/rpm-gpg/RPM-GPG-KEY-nvidia-container-toolkit";
  const lines = [
    "[nvidia-container-toolkit]",
    "name=nvidia-container-toolkit",
    `baseurl=${mirror}/stable/rpm/$basearch`,
    // NVIDIA signs the list of packages, which has their checksums.
    "repo_gpgcheck=1",
    "gpgcheck=0",
    "enabled=1",
    `gpgkey=file://${keyFile}`,
  ];
  return {
    file: "/etc/yum.repos.d/nvidia-container-toolkit.repo",
    text: `${lines.join("\n")}\n`,
    url: `${mirror}/stable/rpm/`,
    keyFile,
    keyUrl,
  };
}

function checkGpus({ nvidia, os }: HostFacts, name: string): void {
  if (nvidia.driver === undefined && nvidia.devices === 0)
    throw new ArgumentError(
      "connection",
      say`${name} has no NVIDIA GPU: none on its PCI bus, and no driver`,
      say`leave NvidiaToolkit out there`,
    );
  if (nvidia.driver === undefined) {
    const how =
      os.id === "ubuntu"
        ? "`ubuntu-drivers install`"
        : os.id === "debian"
          ? say`the package nvidia-driver`
          : say`NVIDIA's driver`;
    throw new ArgumentError(
      "connection",
      say`${name} has an NVIDIA GPU, but its driver is not loaded, and berth installs no kernel drivers`,
      say`install it there (${how}) and restart the machine`,
    );
  }
  if (nvidia.gpus.length === 0)
    throw new ArgumentError(
      "connection",
      say`${name} has NVIDIA's driver ${nvidia.driver}, but nvidia-smi lists no GPU`,
      say`see what \`nvidia-smi\` says there`,
    );
}

/**
 * What would change on a host, and the job that does it.
 *
 * @param name the host for people
 * @throws ArgumentError where the host has no GPU that works, or cannot become what is declared
 */
export function planToolkit(
  given: ToolkitArgs,
  timeout: number,
  name: string,
  facts: HostFacts | undefined,
  record: HostRecord | undefined,
): HostPlan {
  const { mirror = NVIDIA, version, check: image = "none", uninstall } = given;
  const changes: string[] = [];
  if (facts) checkGpus(facts, name);
  const there = facts?.packages[TOOLKIT];
  const byHand = facts?.nvidia.toolkit !== undefined && there === undefined;
  if (byHand && version !== undefined && !isVersion(facts.nvidia.toolkit!, version))
    throw new ArgumentError(
      "version",
      say`${name} has a toolkit ${facts.nvidia.toolkit} that the package ${TOOLKIT} did not bring, and that stays`,
      say`remove it there first, or leave version out`,
    );
  const wrong = there?.whole === true && version !== undefined && !isVersion(there.version, version);
  const missing = facts !== undefined && !byHand && there?.whole !== true;
  const names = missing || wrong ? (version === undefined ? [TOOLKIT] : PARTS) : [];
  if (!facts) changes.push(say`installs ${TOOLKIT}${version ? ` ${version}` : ""} from ${mirror}`);
  else if (missing && there) changes.push(say`completes the installation of ${TOOLKIT}, which broke off`);
  else if (missing)
    changes.push(say`installs ${TOOLKIT}${version ? ` ${version}` : ""} from ${mirror} (${facts.os.name})`);
  if (wrong) changes.push(say`changes ${TOOLKIT} from ${there.version} to ${version}`);
  if (facts?.engine?.info && (missing || facts.nvidia.seen === false))
    changes.push(
      say`the engine restarts, since it looks for NVIDIA's hook only when it starts; ${throughRestart(facts)}`,
    );
  if (image !== "none" && (changes.length > 0 || record?.values.check_image !== image))
    changes.push(say`asks a container of ${image} for the GPUs`);

  const manager = facts && (names.length ? checkManager(facts, name, TOOLKIT) : managerOf(facts));
  const repository = manager && !byHand ? repositoryOf(manager, mirror) : undefined;
  const signing = signature(given);
  if (facts && names.length) checkGpg(signing, facts, name);
  const installed = new Set([...words(record?.values.installed), ...(missing ? names : [])]);
  return {
    changes,
    warnings: [],
    settings: {
      ...packageSettings({
        manager: manager ?? "none",
        names,
        optional: [],
        pinned: version === undefined ? [] : PARTS,
        version,
        repository,
        signature: signing,
        timeout,
      }),
      check_image: image,
      check_limit: String(timeout),
      installed: [...installed].join(" "),
      uninstall: uninstall ? "yes" : "no",
      start_limit: String(START_LIMIT),
    },
  };
}
