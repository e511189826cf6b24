import { readFileSync } from "node:fs";
import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { loadCompose } from "../core/readers/compose";
import { slips } from "../core/description/warnings";
import type { ServiceArgs } from "../core/description/types";
import { Project } from "./project";
import type { ProjectOptions } from "./parts/projectOptions";
import { PLACED, reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link ComposeProject}. */
export interface ComposeProjectArgs extends Pick<ProjectOptions, "engine" | "removeVolumes" | "removeImages"> {
  /**
   * Compose files; later ones change earlier ones by the specification's rules. Relative paths start at the
   * project folder.
   * @default `compose.yaml` or `docker-compose.yml` there, and its `.override` file
   */
  files?: string[];
  /**
   * Name of the project, in names of containers, networks and volumes.
   * @default the `name:` in the files, or the name of their folder
   */
  projectName?: string;
  /** Where relative paths in the files start. @default the folder of the first file */
  projectDirectory?: string;
  /** Profiles that are switched on. @default the variable COMPOSE_PROFILES */
  profiles?: string[];
  /** Files with variables for `${...}` in the compose files. @default `.env` in the project directory */
  envFiles?: string[];
  /** Fields of single services, by their key; they win over the files. */
  services?: Record<string, Partial<ServiceArgs>>;
}

/**
 * What compose files describe, as it stands in them: same names, same labels, same order of starts as
 * `docker compose up` gives, so that `docker compose ps`, `logs` and `exec` work on it. What cannot be done is
 * refused by its path in the file; nothing is dropped. Destroy keeps named volumes and images.
 * Documented setups C1 to C6.
 *
 * @example
 * // C4: docker-compose -f docker-compose.yml -f production.yml up -d
 * new ComposeProject("shop", { files: ["docker-compose.yml", "production.yml"] });
 *
 * @throws pulumi.ResourceError with file, line and column, before anything is made
 */
export class ComposeProject extends Project {
  constructor(name: string, args: ComposeProjectArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("ComposeProject", name, args);
    const type = "berth:services:ComposeProject";
    const { engine, removeVolumes, removeImages, services, ...source } = args;
    // The error begins with the file's own place.
    const report = reporter(type, name, {}, PLACED);
    const loaded = report(() => loadCompose(source, { folder: process.cwd(), environment: process.env }));
    const { files, workingDir, environment: variables } = loaded;
    const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
    const project = { ...loaded, notices: [...loaded.notices, ...slips(loaded, workingDir, text)] };
    const compose = { files, workingDir, variables };
    const { locate, locateDefinition } = loaded;
    const own = { engine, removeVolumes, removeImages, services, compose, locate, locateDefinition };
    super(name, project, own, opts, type);
  }
}
