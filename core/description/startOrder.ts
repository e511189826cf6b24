import { ArgumentError } from "./errors";
import type { ProjectService } from "./project";
import { say } from "./say";

/** What of a service says which others it needs. */
type Needing = Pick<
  ProjectService,
  "containerName" | "dependsOn" | "networkMode" | "ipc" | "pid" | "volumesFrom" | "links"
>;

/** Keys of the services that one needs to be there before it starts. */
export function needs(key: string, services: Record<string, Needing>): string[] {
  const { dependsOn, networkMode, ipc, pid, volumesFrom = [], links = [] } = services[key]!;
  const byName = (name: string) =>
    Object.keys(services).find((other) => (services[other]!.containerName ?? other) === name || other === name);
  const shared = [networkMode, ipc, pid].map((mode) => /^container:(.+)/.exec(mode ?? "")?.[1]);
  const named = [
    ...shared,
    ...volumesFrom.map((container) => container.replace(/^container:/, "").split(":")[0]),
    ...links.map((link) => link.split(":")[0]),
  ].map((name) => (name === undefined ? undefined : byName(name)));
  return [...new Set([...Object.keys(dependsOn ?? {}), ...named])].filter(
    (other): other is string => other !== undefined && other !== key && Object.hasOwn(services, other),
  );
}

/**
 * Service keys so that each comes after those it needs; otherwise in their own order. Where some wait for one another
 * in a circle, it is cut where it closes.
 *
 * @param onCircle is told the keys of a circle, the first one twice
 */
export function inOrder(services: Record<string, Needing>, onCircle: (path: string[]) => void = () => {}): string[] {
  const order: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (key: string) => {
    if (done.has(key)) return;
    if (path.includes(key)) {
      onCircle([...path.slice(path.indexOf(key)), key]);
      return;
    }
    path.push(key);
    for (const other of needs(key, services)) visit(other);
    path.pop();
    done.add(key);
    order.push(key);
  };
  for (const key of Object.keys(services)) visit(key);
  return order;
}

/**
 * The order in which services are made.
 *
 * @throws ArgumentError where services wait for one another in a circle
 */
export const startOrder = (services: Record<string, ProjectService>): string[] =>
  inOrder(services, (path) => {
    throw new ArgumentError(`services.${path[0]}.depends_on`, path.join(say` waits for `), say`break the circle`);
  });

/** Nothing in a compose file says that a service ends, except that another waits for it. */
export const isAwaited = (key: string, services: Record<string, Needing>): boolean =>
  Object.values(services).some((other) => other.dependsOn?.[key]?.condition === "service_completed_successfully");
