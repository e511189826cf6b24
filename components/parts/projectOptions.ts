import type { ArgumentError } from "../../core/description/errors";
import type { ServiceArgs } from "../../core/description/types";
import type { EngineName, EngineOptions } from "../../core/engines/engine";

/** How a project is made beside its description. */
export interface ProjectOptions extends Pick<EngineOptions, "kubernetes"> {
  /** Where it runs. @default the stack's setting `berth:engine`, else "docker" */
  engine?: EngineName;
  /** Fields of single services, by their key; they win over the description. */
  services?: Record<string, Partial<ServiceArgs>>;
  /**
   * Remove the project's volumes with their data when it is destroyed (`docker compose down -v`). Needs one
   * `up` before the destroy.
   * @default false
   */
  removeVolumes?: boolean;
  /**
   * Remove the project's images when it is destroyed (`docker compose down --rmi all`). Needs one `up` before
   * the destroy.
   * @default false
   */
  removeImages?: boolean;
  /** Says a refusal of a service's field in the words of where it comes from. */
  locate?(service: string, error: ArgumentError): ArgumentError;
  /** The same of a network's or a volume's field. */
  locateDefinition?(section: "networks" | "volumes", key: string, error: ArgumentError): ArgumentError;
  /** Name and label everything as Compose does, so that `docker compose ps`, `logs` and `exec` find it. @default false */
  compose?: ComposeOrigin;
}

/** Where a Compose project comes from; Compose's own commands show it. */
export interface ComposeOrigin {
  /** Absolute paths. */
  files: string[];
  /** Absolute path of the project folder, where relative paths of the files start. */
  workingDir: string;
  /** What names alone in `environment` and in secrets take their values from. @default those of Pulumi's process */
  variables?: Record<string, string | undefined>;
}
