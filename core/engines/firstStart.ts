import { readdirSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { isWithin } from "../description/isWithin";
import { changesData, knownImage, unreadable } from "../description/knownImages";
import type { Mount } from "../description/mounts";
import { say } from "../description/say";
import type { LateSpec } from "../description/service";
import { isLate } from "../pulumi/outputs";
import { hasPulumiEngine, perProvider } from "../pulumi/perProgram";

/** Variables that databases and their like read when they make their data, and never again. */
const FIRST_START =
  /^((MYSQL|MARIADB)_(ROOT_PASSWORD|ROOT_HOST|DATABASE|USER|PASSWORD|RANDOM_ROOT_PASSWORD|ALLOW_EMPTY(_ROOT)?_PASSWORD)|POSTGRES_(PASSWORD|USER|DB|INITDB_ARGS|HOST_AUTH_METHOD)|MONGO_INITDB_\w+|DOCKER_INFLUXDB_INIT_\w+|RABBITMQ_DEFAULT_(USER|PASS|VHOST)|GF_SECURITY_ADMIN_(USER|PASSWORD)|NEO4J_AUTH)(_FILE|_HASH)?$/;

/** What an engine held when the program began. */
interface Held {
  /** The engine runs on this machine. */
  local: boolean;
  volumes: { name: string }[];
}

/** Where a service keeps data that outlives its container. */
interface Keeping {
  image: string;
  mounts: Mount[];
  snapshot?: Held;
}

/** The services of the running program, by logical name, and the hook that they share. */
interface FirstStarts {
  services: Map<string, Keeping>;
  hook?: pulumi.ResourceHook;
}

const program = perProvider((): FirstStarts => {
  const services = new Map<string, Keeping>();
  const warn = async ({ name, oldInputs, newInputs }: pulumi.ResourceHookArgs) => {
    const keeping = services.get(name);
    const data = keeping && filledData(keeping);
    if (!data) return;
    await warnOfVersion(name, data, oldInputs?.image, keeping);
    await warnOfVariables(name, data, oldInputs?.environment, newInputs?.environment);
  };
  const hook = hasPulumiEngine() ? new pulumi.ResourceHook("berth-first-start", warn, { onDryRun: true }) : undefined;
  return { services, hook };
});

/**
 * A hook that says, already at preview, which changes do not fit the data that is there: a version that does not read
 * it, and variables that count for nothing once it has been made.
 */
export function firstStartHook(
  name: string,
  { image, volumes }: LateSpec,
  snapshot?: Held,
): pulumi.ResourceHook | undefined {
  if (isLate([image, volumes]) || volumes === undefined) return undefined;
  const { services, hook } = program();
  services.set(name, { image: image as string, mounts: volumes as Mount[], snapshot });
  return hook;
}

/** Says that a service's next version does not read the data that it finds, or that the one before will not any more. */
async function warnOfVersion(name: string, { source }: Mount, before: unknown, keeping: Keeping): Promise<void> {
  const { image, snapshot } = keeping;
  if (typeof before !== "string" || before === image) return;
  const backup = `\`berth backup ${pulumi.getStack()}\``;
  // On a cluster berth makes no backups.
  const way = (dump = "") =>
    snapshot
      ? say`(${backup}), give it an empty volume, and have it read that there (\`berth restore\`)`
      : say`(\`${dump}\` in its container), and have it begin with an empty volume and read that`;
  const why = unreadable(before, image, way);
  const changes = why === undefined && snapshot ? changesData(before, image) : undefined;
  const said = why ?? (changes && say`${changes}; ${backup} first: it is the only way back`);
  if (said) await pulumi.log.warn(say`${name}: its data is in ${source ?? say`a volume`}, and ${said}.`);
}

/** Says which changed variables count for nothing. */
async function warnOfVariables(name: string, data: Mount, before: unknown, after: unknown): Promise<void> {
  const [old, now] = await Promise.all([before, after].map(plain));
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (variable) => FIRST_START.test(variable) && old[variable] !== now[variable],
  );
  if (changed.length === 0) return;
  const where = data.source ?? say`the volume`;
  await pulumi.log.warn(
    changed.length === 1
      ? say`${name}: ${changed.join(", ")} is read only when the data is made: ${where} (${data.target}) keeps what was set then; change it there as well, or start with an empty one.`
      : say`${name}: ${changed.join(", ")} are read only when the data is made: ${where} (${data.target}) keeps what was set then; change it there as well, or start with an empty one.`,
  );
}

/** Values of a hook may be secret, and so Outputs. */
const plain = (value: unknown): Promise<Record<string, unknown>> =>
  new Promise((resolve) => void pulumi.output(value ?? {}).apply((known) => resolve(known as Record<string, unknown>)));

/** The mount with a service's data, where there is some. */
function filledData({ image, mounts, snapshot }: Keeping): Mount | undefined {
  const folders = knownImage(image)?.data;
  return mounts.find(({ type, source, target }) => {
    const holds = folders
      ? folders.some((folder) => isWithin(folder, target) || isWithin(target, folder))
      : type === "volume";
    if (!holds || type === "tmpfs") return false;
    if (!snapshot || source === undefined) return true;
    if (type === "volume") return snapshot.volumes.some(({ name }) => name === source);
    return !snapshot.local || isFilled(source);
  });
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return true;
  }
}
