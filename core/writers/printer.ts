import { type TidyService, tidy } from "../description/describe";
import type { Notice, ProjectDescription } from "../description/project";
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
    this.services = Object.fromEntries(
      Object.entries(project.services).map(([key, service]) => [key, tidy(service, options.folder, options.shownFrom)]),
    );
    this.secrets = collectSecrets(this.services, options.secretNames);
  }
}
