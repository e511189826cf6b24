import { readFileSync } from "node:fs";
import { defined, type TidyService, tidy } from "../description/describe";
import type { Notice, ProjectDescription } from "../description/project";
import { hostPath } from "../description/mounts";
import type { PrintOptions } from "./printed";
import { collectSecrets, type Secrets } from "./secrets";

/** What every form of print begins with: the services in their shortest form, and which of their values are secret. */
export abstract class Printer<Options extends PrintOptions = PrintOptions> {
  readonly notices: Notice[] = [];
  protected readonly services: Record<string, TidyService>;
  protected readonly secrets: Secrets;

  constructor(
    protected readonly project: ProjectDescription,
    protected readonly options: Options,
  ) {
    const services = Object.fromEntries(
      Object.entries(project.services).map(([key, service]) => [key, tidy(service, options.folder, options.shownFrom)]),
    );
    this.secrets = collectSecrets(services, options.secretNames);
    this.services = Object.fromEntries(
      Object.entries(services).map(([key, service]) => [key, this.secrets.marked(key, service)]),
    );
    this.inFiles();
  }

  /** Environment files stay as they are: a secret that one of them has as well cannot be another one from now on. */
  private inFiles(): void {
    const { folder, shownFrom = folder } = this.options;
    const paths = Object.values(this.services).flatMap(({ envFile = [] }) =>
      [envFile].flat().map((file) => (typeof file === "string" ? file : file.path)),
    );
    for (const path of new Set(paths)) {
      let text: string;
      try {
        text = readFileSync(hostPath(path, shownFrom), "utf8");
      } catch {
        continue;
      }
      for (const secret of this.secrets.all) if (text.includes(secret.value)) secret.file ??= path;
    }
  }

  /** The service that makes a container, whether its file names that or Compose does. */
  protected serviceOf(container: string): string | undefined {
    const keys = Object.keys(this.services);
    const ownName = (key: string) => this.services[key]!.containerName;
    return (
      keys.find((key) => (ownName(key) ?? `${this.project.name}-${key}-1`) === container) ??
      keys.find((key) => key === container && ownName(key) === undefined)
    );
  }

  /** The name of a service's container where each has to have one; replicas are numbered. */
  protected containerOf(key: string): string {
    return this.services[key]!.containerName ?? (key.length > 1 ? key : `${this.project.name}-${key}`);
  }

  /** What a service shares with containers of the project, by the names that these are printed with. */
  protected shared({ networkMode, ipc, pid, volumesFrom }: TidyService): Partial<TidyService> {
    const printed = (container: string) => {
      const key = this.serviceOf(container);
      if (key === undefined) return container;
      return `${this.containerOf(key)}${(this.services[key]!.replicas ?? 1) > 1 ? "-1" : ""}`;
    };
    const mode = (text: string | undefined) => text?.replace(/(?<=^container:).+/s, printed);
    return defined({
      networkMode: mode(networkMode),
      ipc: mode(ipc),
      pid: mode(pid),
      volumesFrom: volumesFrom?.map((from) => from.replace(/^[^:]+/, printed)),
    });
  }

  /** Whether somebody wrote the long form of a bind, which takes no missing path; `-v` makes one. */
  protected refusesMissing(key: string, index: number): boolean {
    const given = this.project.services[key]!.volumes![index]!;
    return typeof given === "object" && given.type === "bind" && !given.bind?.createHostPath;
  }
}
