import { homedir } from "node:os";
import type * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { ArgumentError } from "../core/description/errors";
import { say } from "../core/description/say";
import type { ServiceArgs } from "../core/description/types";
import { slips } from "../core/description/warnings";
import { reporter } from "../core/pulumi/componentErrors";
import { parseDockerLines } from "../core/readers/dockerRun";
import type { ProjectOptions } from "./parts/projectOptions";
import { Project } from "./project";

/** Arguments of {@link DockerRun}. */
export interface DockerRunArgs extends Pick<ProjectOptions, "engine" | "removeVolumes" | "removeImages"> {
  /** `docker run` lines, and the `docker network create` and `docker volume create` lines before them. */
  lines: string[];
  /** Fields of single services, by the names of their containers; they win over the lines. */
  services?: Record<string, Partial<ServiceArgs>>;
  /** The lines stand somewhere in clear, so that a password in them is worth a warning. @default true */
  inClear?: boolean;
}

/**
 * Pasted `docker run` lines, as docker understands them. What is most likely a slip is warned about, what cannot be
 * done is refused with a mark under the word of the line. Destroy keeps named volumes and images.
 * Documented setups A1 to A18.
 *
 * @example
 * // A1: docker run -d --name nginx01 -p 666:80 nginx
 * new DockerRun("web", { lines: ["docker run -d --name nginx01 -p 666:80 nginx"] });
 *
 * @throws pulumi.ResourceError naming line and word, before anything is made
 */
export class DockerRun extends Project {
  constructor(name: string, args: DockerRunArgs, opts?: pulumi.ComponentResourceOptions) {
    checkGiven("DockerRun", name, args);
    const { lines, inClear = true, ...options } = args;
    const folder = process.cwd();
    const report = reporter("berth:services:DockerRun", name);
    const project = report(() => {
      if (!Array.isArray(lines) || lines.length === 0)
        throw new ArgumentError(
          "lines",
          say`names no line`,
          say`give some, for example ["docker run -d -p 80:80 nginx"]`,
        );
      return parseDockerLines(lines, name, { environment: process.env, folder, home: homedir() });
    });
    const notices = [...project.notices, ...slips(project, folder, inClear ? lines.join("\n") : "")];
    // Of the type of every project of lines: stacks that were deployed before this class have it.
    super(name, { ...project, notices }, { ...options, locate: project.locate }, opts);
  }
}
