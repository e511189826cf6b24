import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { checkPackageArgs, type PackageHostArgs, setUp } from "../core/host/setUp";
import { checkToolkitArgs, planToolkit, type ToolkitArgs } from "../core/host/toolkitPackages";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link NvidiaToolkit}. */
export interface NvidiaToolkitArgs extends ToolkitArgs, PackageHostArgs {}

/**
 * NVIDIA's container toolkit, which lets containers have GPUs (`--gpus`), and the check that they see them. Documented
 * setup H3.
 *
 * The notes add the repository nvidia-docker with `apt-key` and install nvidia-docker2. Both are gone: this takes what
 * NVIDIA documents in their place, `nvidia-container-toolkit` from the repository libnvidia-container, with a key that
 * counts for this repository alone. The engine is restarted only where it was started before the toolkit was there.
 *
 * A machine without an NVIDIA GPU, or without its driver, is refused: berth installs no kernel drivers. `destroy` leaves
 * the toolkit, unless `uninstall` is true.
 *
 * @example
 * const toolkit = new NvidiaToolkit("gpu1", { connection: { host: "gpu1" }, check: "nvidia/cuda:12.4.1-base-ubuntu22.04" });
 * new DaemonConfig("gpu1", { connection: { host: "gpu1" }, runtimes: toolkit.runtime }, { dependsOn: toolkit });
 *
 * @throws pulumi.ResourceError naming the argument, or saying why the host cannot be reached; nothing is changed then
 */
export class NvidiaToolkit extends pulumi.ComponentResource {
  /** The GPUs that were seen, as `nvidia-smi -L` lists them: by a container where there is a `check`, else by the host. */
  readonly gpus: pulumi.Output<string[]>;
  /** What the last job said, line by line. */
  readonly report: pulumi.Output<string[]>;
  /** For {@link DaemonConfigArgs.runtimes}, for containers that ask for `runtime: "nvidia"`. */
  readonly runtime: { nvidia: { path: string; args: string[] } } = {
    nvidia: { path: "nvidia-container-runtime", args: [] },
  };

  constructor(name: string, args: NvidiaToolkitArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("NvidiaToolkit", name, args);
    const type = "berth:host:NvidiaToolkit";
    const { invocation, given, timeout } = reporter(
      type,
      name,
    )(() => checkPackageArgs("nvidia-toolkit", name, args, checkToolkitArgs));
    super(type, name, { ...given, host: invocation.host }, opts);

    const { report, outcome } = setUp(this, invocation, {
      type,
      name,
      connection: args.connection,
      job: { kind: "nvidia-toolkit", scripts: ["service", "packages", "nvidia"] },
      args: given,
      plan: (plain, facts, record) => planToolkit(plain, timeout, invocation.name, facts, record),
      // Devices may have come or gone since the last job.
      outcome: {
        seen: (facts) => facts.nvidia.gpus,
        said: (text) => [...text.matchAll(/^gpu (.+)$/gm)].map(([, gpu]) => gpu!),
      },
    });
    this.report = report;
    this.gpus = outcome;
    this.registerOutputs({ report: this.report, gpus: this.gpus, runtime: this.runtime });
  }
}
