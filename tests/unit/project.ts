import type { ProjectDescription, ProjectService } from "../../components/spec/project";

/** A project of these services, named shop. */
export const project = (
  services: Record<string, ProjectService>,
  more: Partial<ProjectDescription> = {},
): ProjectDescription => ({ name: "shop", services, networks: {}, volumes: {}, notices: [], ...more });
