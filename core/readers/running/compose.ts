/** What Compose's own labels begin with. */
export const COMPOSE = "com.docker.compose.";
export const COMPOSE_PROJECT = `${COMPOSE}project`;
export const COMPOSE_SERVICE = `${COMPOSE}service`;
const CONFIG_FILES = `${COMPOSE}project.config_files`;
const NUMBER = `${COMPOSE}container-number`;
const DEPENDS_ON = `${COMPOSE}depends_on`;

/** Labels of tools, which say how a thing came to be and nothing about what it does. */
const TOOLS = [COMPOSE, "com.docker.volume.anonymous", "desktop.docker.io/"];

/** Labels that somebody wrote. */
export function ownLabels(labels: Record<string, string> | null | undefined): Record<string, string> | undefined {
  const own = Object.entries(labels ?? {}).filter(([name]) => !TOOLS.some((tool) => name.startsWith(tool)));
  return own.length ? Object.fromEntries(own) : undefined;
}

/** Where Compose has made a container. */
export interface ComposeOrigin {
  project: string;
  service: string;
  /** From 1 on, for a service with several containers. */
  number: number;
  /** Absolute paths on the machine where Compose ran. */
  files: string[];
  /** Of `depends_on`, by service: its condition. */
  dependsOn: Record<string, { condition: string; restart: boolean }>;
}

/** What Compose's labels say; undefined where there are none. */
export function originOf(labels: Record<string, string> | null | undefined): ComposeOrigin | undefined {
  const project = labels?.[COMPOSE_PROJECT];
  const service = labels?.[COMPOSE_SERVICE];
  if (!labels || !project || !service) return undefined;
  const dependsOn = (labels[DEPENDS_ON] ?? "")
    .split(",")
    .filter(Boolean)
    .map((entry) => entry.split(":"))
    .map(([name = "", condition = "service_started", restart = "false"]) => [
      name,
      { condition, restart: restart === "true" },
    ]);
  return {
    project,
    service,
    number: Number(labels[NUMBER] ?? 1) || 1,
    files: (labels[CONFIG_FILES] ?? "").split(",").filter(Boolean),
    dependsOn: Object.fromEntries(dependsOn),
  };
}
