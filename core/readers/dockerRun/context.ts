import type { DockerRunError } from "./errors";

/** What a line may be read against. */
export interface DockerRunContext {
  /** For `$VAR` and `-e NAME`. */
  environment: Record<string, string | undefined>;
  /** For `$(pwd)`, `$PWD`, relative paths, `--env-file` and `--label-file`. */
  folder: string;
  /** For `~`. */
  home: string;
  /** Variables of the shell, which docker does not see. An error stands for a value that is not known. */
  variables?: ReadonlyMap<string, string | DockerRunError>;
  /** The variables before the first row of a script. @default `environment` */
  shell?: Record<string, string | undefined>;
  /**
   * What is read is only printed: a secret whose value is not known is left to a setting, and a variable that is only
   * named stays a name. @default false
   */
  secretsLater?: boolean;
}
