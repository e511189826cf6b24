import type { TidyService } from "../spec/describe";

/** Keys of the services that one needs to be there before it starts. */
export function needs(key: string, services: Record<string, TidyService>): string[] {
  const service = services[key]!;
  const byName = (name: string) =>
    Object.keys(services).find((other) => (services[other]!.containerName ?? other) === name || other === name);
  const shared = [service.networkMode, service.ipc, service.pid].map((mode) => /^container:(.+)/.exec(mode ?? "")?.[1]);
  const named = [
    ...shared,
    ...(service.volumesFrom ?? []).map((container) => container.split(":")[0]),
    ...(service.links ?? []).map((link) => link.split(":")[0]),
  ].map((name) => (name === undefined ? undefined : byName(name)));
  const all = [...Object.keys(service.dependsOn ?? {}), ...named];
  return [...new Set(all)].filter(
    (other): other is string => other !== undefined && other !== key && other in services,
  );
}

/** Service keys so that each stands after those it needs; otherwise in their own order. */
export function inOrder(services: Record<string, TidyService>): string[] {
  const result: string[] = [];
  const visited = new Set<string>();
  const visit = (key: string) => {
    if (visited.has(key)) return;
    visited.add(key);
    for (const other of needs(key, services)) visit(other);
    result.push(key);
  };
  for (const key of Object.keys(services)) visit(key);
  return result;
}
