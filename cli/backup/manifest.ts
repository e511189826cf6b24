import { isSaid, say } from "../../core/description/say";
import type { EngineName } from "../../core/engines/engineName";
import { PartsFormat } from "../partsFile";

/** A backup that cannot be restored. */
export class BackupError extends Error {
  /**
   * @param problem what is wrong with it, e.g. `it is cut off`
   * @param remedy what to do; for a backup that is not as it was written, to copy it again
   */
  constructor(
    readonly problem: string,
    readonly remedy = say`nothing was changed; copy it again, or take another one`,
  ) {
    super(say`${problem}; ${remedy}`);
    this.name = "BackupError";
  }
}

/** Another number where an older berth could not restore what a newer one has written. */
export const FORMAT = 1;

/** Databases that write their data as text, and read it again. */
export type DumpKind = "mysql" | "mariadb" | "postgres";

/** How something was saved; `idle` where nobody wrote to it. */
export type How = "dumped" | "saved" | "stopped" | "paused" | "live" | "idle";

/** A service that mounts what was saved. */
export interface BackupUser {
  /** Logical name. */
  service: string;
  /** As people call it. */
  shown: string;
  /** Path in its container. */
  target: string;
}

/** A thing that was saved: the files of a volume, or all that is in a database. */
export interface BackupItem {
  /** Name of its part: `volumes/data.tar.gz`, `dumps/db.sql.gz`. */
  part: string;
  kind: "files" | DumpKind;
  how: How;
  /** On the engine; none for a dump of a database that has its data elsewhere. */
  volume?: string;
  /** The engine has made its name up, so that it says nothing elsewhere. */
  anonymous?: boolean;
  /** The services that mount it, and where; that of a database first. */
  users: BackupUser[];
  /** Bytes before they are compressed. */
  size: number;
  /** Bytes in the file. */
  stored: number;
  /** How long it took. */
  seconds: number;
}

/** A service of which something was saved. */
export interface BackupService {
  service: string;
  /** Of its container. */
  name: string;
  image: string;
  /** What the name of the image stood for. */
  imageId: string;
  engine: EngineName;
}

/** What a backup holds. */
export interface BackupManifest {
  format: number;
  /** Version of berth. */
  berth: string;
  project: string;
  stack: string;
  /** When it was begun. */
  time: string;
  services: BackupService[];
  items: BackupItem[];
  /** Name of the part with the stack's settings, in which secrets are encrypted with the stack's passphrase. */
  settings?: string;
  /** Set where all but the settings is encrypted: for the key, in hexadecimal digits. */
  salt?: string;
}

const PART = /^(volumes|dumps)\/[\w.-]+$|^Pulumi\.[\w.-]+\.yaml$|^manifest\.json$/;

export const BACKUP = new PartsFormat(
  "berth-backup",
  (name) => PART.test(name),
  say`backup`,
  (problem) =>
    isSaid(problem, "it is no {0} of berth")
      ? new BackupError(problem, say`name a file that \`berth backup\` has written`)
      : new BackupError(problem),
);

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isCount = (value: unknown) => typeof value === "number" && value >= 0;

const KINDS: unknown[] = ["files", "mysql", "mariadb", "postgres"];
/** As the engine allows them. */
const VOLUME = /^[a-zA-Z0-9][\w.-]*$/;

const isItem = (value: unknown): boolean =>
  isRecord(value) &&
  isText(value.part) &&
  PART.test(value.part) &&
  KINDS.includes(value.kind) &&
  isText(value.how) &&
  (value.volume === undefined ? value.kind !== "files" : VOLUME.test(String(value.volume))) &&
  Array.isArray(value.users) &&
  value.users.every((user) => isRecord(user) && [user.service, user.shown, user.target].every(isText)) &&
  [value.size, value.stored, value.seconds].every(isCount);

const isService = (value: unknown): boolean =>
  isRecord(value) && [value.service, value.name, value.image, value.engine].every(isText);

/**
 * Reads a manifest.
 *
 * @throws BackupError where it is none of this format
 */
export function parseManifest(text: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BackupError(say`its manifest.json is no JSON`);
  }
  if (!isRecord(value) || !Number.isSafeInteger(value.format))
    throw new BackupError(say`its manifest.json is none of berth`);
  if (value.format !== FORMAT)
    throw new BackupError(
      say`it has the format ${String(value.format)} and this berth reads ${FORMAT}`,
      say`restore it with the berth that made it (${String(value.berth)})`,
    );
  const whole =
    [value.berth, value.project, value.stack, value.time].every(isText) &&
    Array.isArray(value.services) &&
    value.services.every(isService) &&
    Array.isArray(value.items) &&
    value.items.every(isItem) &&
    (value.settings === undefined || /^Pulumi\.[\w.-]+\.yaml$/.test(String(value.settings))) &&
    (value.salt === undefined || /^[0-9a-f]{32}$/.test(String(value.salt)));
  if (!whole) throw new BackupError(say`its manifest.json lacks something`);
  return value as unknown as BackupManifest;
}
