import * as pulumi from "@pulumi/pulumi";
import { checkGiven } from "../core/pulumi/checkTypes";
import { checkEngineArgs, type EngineArgs, planEngine } from "../core/host/enginePackages";
import { checkPackageArgs, type PackageHostArgs, setUp } from "../core/host/setUp";
import { reporter } from "../core/pulumi/componentErrors";

/** Arguments of {@link DockerEngine}. */
export interface DockerEngineArgs extends EngineArgs, PackageHostArgs {}

/**
 * The Docker engine on a machine: installed, started, started with the machine, and used by whom it should be. Documented
 * setups H1 (by hand: Docker's script, apt or yum, `systemctl enable docker`, `usermod -aG docker`) and H6 (completion).
 *
 * An engine that is installed already counts, whichever package it came with, and is never replaced by another family of
 * packages. Nothing that is there is upgraded or removed, unless `version` asks for another one. Where a package cannot
 * be fetched or does not work, everything is taken back, and the error has the package manager's last lines.
 *
 * A service that was stopped or a user who was taken out of the group is seen by the next preview, and put right. Users
 * that are no longer declared leave the group, if berth put them there. `destroy` takes those users out as well and leaves
 * the engine and its data, unless `uninstall` is true.
 *
 * @example
 * new DockerEngine("gpu1", {
 *   connection: { host: "gpu1" },
 *   source: "docker",
 *   mirror: "https://mirrors.aliyun.com/docker-ce",
 *   users: ["ada"],
 * });
 *
 * @throws pulumi.ResourceError naming the argument, or saying why the host cannot be reached; nothing is changed then
 */
export class DockerEngine extends pulumi.ComponentResource {
  /** Of the engine, e.g. `24.0.7`. */
  readonly version: pulumi.Output<string | undefined>;
  /** What the last job said, line by line. */
  readonly report: pulumi.Output<string[]>;

  constructor(name: string, args: DockerEngineArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    checkGiven("DockerEngine", name, args);
    const type = "berth:host:DockerEngine";
    const { invocation, given, timeout } = reporter(
      type,
      name,
    )(() => checkPackageArgs("docker-engine", name, args, checkEngineArgs));
    super(type, name, { ...given, host: invocation.host }, opts);

    const { report, outcome } = setUp(this, invocation, {
      type,
      name,
      connection: args.connection,
      job: { kind: "docker-engine", scripts: ["service", "packages", "engine"] },
      args: given,
      plan: (plain, facts, record) => planEngine(plain, timeout, invocation.name, facts, record),
      // The engine may have got newer since the last job.
      outcome: {
        seen: (facts) => facts.engine?.info?.ServerVersion,
        said: (text) => /^docker (\S+) runs$/m.exec(text)?.[1],
      },
    });
    this.report = report;
    this.version = outcome;
    this.registerOutputs({ report: this.report, version: this.version });
  }
}
