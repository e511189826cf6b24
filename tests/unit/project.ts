import type { ProjectDescription, ProjectService } from "../../core/description/project";

/** A project of these services, named shop. */
export const project = (
  services: Record<string, ProjectService>,
  more: Partial<ProjectDescription> = {},
): ProjectDescription => ({ name: "shop", services, networks: {}, volumes: {}, notices: [], ...more });
