import { createHash } from "node:crypto";
import { userInfo } from "node:os";

/** Names the stack (`berth/nginx`) that made an object. */
export const STACK_LABEL = "berth.stack";
/** Names the service inside its stack. */
export const SERVICE_LABEL = "berth.service";
/** Tells apart two stacks of one name on a shared engine: other people's checkouts of the same project. */
export const OWNER_LABEL = "berth.owner";

/** Tells one life of an object from the next: somebody may have removed it by hand in between. */
export const LIFE_LABEL = "berth.life";

/** What a container was declared as: `berth status` compares it with what is declared now. Older containers have none. */
export const DIGEST_LABEL = "berth.digest";

/** Who made an object. */
export interface Owner {
  stack: string;
  owner: string;
}

/**
 * The owner of what this program makes. Without a setting of its own it is a hash of user and project
 * folder: two people who clone berth onto one server must never clean up after one another.
 */
export function ownerOf(project: string, stack: string, projectFolder: string, configured?: string): Owner {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
  }
  const owner = configured ?? createHash("sha256").update(`${user}\0${projectFolder}`).digest("hex").slice(0, 12);
  return { stack: `${project}/${stack}`, owner };
}

/** Labels that mark an object as this stack's. */
export function ownerLabels(owner: Owner, service?: string): Record<string, string> {
  return { [STACK_LABEL]: owner.stack, [OWNER_LABEL]: owner.owner, ...(service ? { [SERVICE_LABEL]: service } : {}) };
}

/** The filter of the engine's lists for what has these labels, as a part of a query. */
export const labelFilter = (labels: Record<string, string>): string =>
  encodeURIComponent(JSON.stringify({ label: Object.entries(labels).map((pair) => pair.join("=")) }));

/** Whether an object was made by this stack, from this checkout. */
export function isOurs(labels: Record<string, string> | null | undefined, owner: Owner): boolean {
  return labels?.[STACK_LABEL] === owner.stack && labels[OWNER_LABEL] === owner.owner;
}

/** What Compose's own labels begin with. */
export const COMPOSE_LABELS = "com.docker.compose.";

/** Labels that somebody wrote; berth's own and Compose's say which stack and project made a thing. */
export function ownLabels(labels: Record<string, string> | undefined): Record<string, string> | undefined {
  const given = Object.entries(labels ?? {}).filter(
    ([name]) => !name.startsWith("berth.") && !name.startsWith(COMPOSE_LABELS),
  );
  return given.length ? Object.fromEntries(given) : undefined;
}
