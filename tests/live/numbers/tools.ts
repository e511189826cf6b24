import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onPath } from "../../../cli/tools";
import { runProgram } from "../../runProgram";
import type { Cases } from "../cases";
import { BY_HAND, docker, type Result, ROOT, type RunOptions, Stack, works } from "../liveStack";

/** What a step declares, in the few words that all tools have. */
export interface Declared {
  /** Of all services together. @default none */
  network?: string;
  services: Record<
    string,
    {
      image: string;
      command?: string[];
      environment?: Record<string, string>;
      /** `8080:80` */
      ports?: string[];
      /** `data:/data`, with the data gone when it is destroyed. */
      volumes?: string[];
      /** `/full:size=1m` */
      tmpfs?: string[];
      restart?: "always";
      /** Seconds. */
      stop?: number;
      /** Every second, and twice in vain. */
      check?: string[];
    }
  >;
}

export type Step = "up" | "destroy";

/** One of the tools that go through the same steps. */
export interface Tool {
  readonly title: string;
  /** What the command line of the process has that makes the containers; undefined where it is the tool itself. */
  readonly provider?: string;
  /** What that of the process has which keeps the state; undefined where it is the tool itself. */
  readonly cli?: string;
  /** Begins anew, with nothing declared and nothing known. */
  begin(name: string): Promise<void>;
  declare(declared: Declared): void;
  run(step: Step, options?: RunOptions): Promise<Result>;
  /** What somebody does after a kill, before he goes on. */
  recover(): Promise<void>;
  /** Ids of the containers that its state knows, where it has one. */
  known?(): string[];
}

interface StateFile {
  checkpoint: {
    latest?: { resources?: { type: string; id?: string; delete?: boolean }[]; pending_operations?: object[] };
  };
}

/** berth's own commands: the CLI of Pulumi, its program, its hooks and its provider. */
class Berth implements Tool {
  readonly title = "berth";
  readonly provider = "pulumi-resource-docker";
  readonly cli = "pulumi\0";
  private stack!: Stack;

  async begin(name: string): Promise<void> {
    this.stack = await Stack.create(name, { cases: { services: {} } });
  }

  declare({ network, services }: Declared): void {
    const cases: Cases = {
      networks: network === undefined ? {} : { [network]: {} },
      services: Object.fromEntries(
        Object.entries(services).map(([name, { stop, check, ...same }]) => [
          name,
          {
            ...same,
            networks: network === undefined ? undefined : [network],
            stopGracePeriod: stop === undefined ? undefined : `${stop}s`,
            healthcheck: check && { test: ["CMD", ...check], interval: "1s", retries: 2 },
            removeData: true,
          },
        ]),
      ),
    };
    this.stack.declare(cases);
  }

  run(step: Step, options?: RunOptions): Promise<Result> {
    return this.berth([step, this.stack.name, "--yes"], options);
  }

  async recover(): Promise<void> {
    await this.berth(["pulumi", "cancel", "--stack", this.stack.name, "--yes"]);
  }

  private berth(words: string[], options: RunOptions = {}): Promise<Result> {
    return runProgram(process.execPath, [join(ROOT, "cli/berth.js"), ...words], {
      cwd: this.stack.folder,
      env: this.stack.environment,
      ...options,
      detached: options.onStart !== undefined,
    });
  }

  known(): string[] {
    const file = join(this.stack.backend, ".pulumi/stacks/berth-live", `${this.stack.name}.json`);
    const { latest } = (JSON.parse(readFileSync(file, "utf8")) as StateFile).checkpoint;
    const containers = (latest?.resources ?? []).filter(({ type }) => type === "docker:index/container:Container");
    return [...containers.map(({ id, delete: old }) => (old ? `old ${id}` : id!)), ...pending(latest)].sort();
  }
}

const pending = (latest: StateFile["checkpoint"]["latest"]) =>
  (latest?.pending_operations ?? []).map(() => "something unfinished");

/** A tool that is called by a program in a folder of its own. */
abstract class InFolder {
  protected folder = "";
  protected name = "";
  protected abstract readonly words: Record<Step, string[]>;

  constructor(private readonly program: string) {}

  async begin(name: string): Promise<void> {
    this.name = name;
    // The folder of a stack goes when the tests end.
    const { folder } = await Stack.create(name, { cases: { services: {} } });
    this.folder = join(folder, "beside");
    mkdirSync(this.folder);
  }

  run(step: Step, options: RunOptions = {}): Promise<Result> {
    const api = docker("version", "--format", "{{.Server.APIVersion}}");
    const env = { ...process.env, DOCKER_API_VERSION: api, ...this.variables };
    const detached = options.onStart !== undefined;
    return runProgram(this.program, this.words[step], { cwd: this.folder, env, ...options, detached });
  }

  protected get variables(): NodeJS.ProcessEnv {
    return {};
  }

  async recover(): Promise<void> {}
}

const LABELS = Object.fromEntries([BY_HAND.replace("--label ", "").split("=")]) as Record<string, string>;

class Compose extends InFolder implements Tool {
  readonly title = "docker compose";
  protected readonly words = {
    up: ["compose", "up", "-d", "--wait", "--remove-orphans"],
    destroy: ["compose", "down", "-v"],
  };

  declare({ network, services }: Declared): void {
    const volumes = Object.values(services).flatMap((service) => service.volumes ?? []);
    const file = {
      name: `live-num-${this.name}`,
      services: Object.fromEntries(
        Object.entries(services).map(([name, { stop, check, ...same }]) => [
          name,
          {
            ...same,
            container_name: name,
            labels: LABELS,
            networks: network === undefined ? undefined : [network],
            stop_grace_period: stop === undefined ? undefined : `${stop}s`,
            healthcheck: check && { test: ["CMD", ...check], interval: "1s", retries: 2 },
          },
        ]),
      ),
      networks: network === undefined ? undefined : { [network]: { name: network, labels: LABELS } },
      volumes: Object.fromEntries(volumes.map((text) => text.split(":")[0]!).map((name) => [name, named(name)])),
    };
    writeFileSync(join(this.folder, "compose.yaml"), JSON.stringify(file));
  }
}

const named = (name: string) => ({ name, labels: LABELS });

/** Terraform or OpenTofu, with a Docker provider that BERTH_LIVE_TF_PROVIDER names the folder of. */
class Terraform extends InFolder implements Tool {
  readonly title = "Terraform";
  readonly provider = "terraform-provider-docker";
  protected readonly words = {
    up: ["apply", "-auto-approve", "-no-color", "-input=false"],
    destroy: ["destroy", "-auto-approve", "-no-color", "-input=false"],
  };

  protected override get variables() {
    return { TF_CLI_CONFIG_FILE: join(this.folder, "cli.tfrc"), CHECKPOINT_DISABLE: "1" };
  }

  override async begin(name: string): Promise<void> {
    await super.begin(name);
    const provider = process.env.BERTH_LIVE_TF_PROVIDER;
    writeFileSync(
      join(this.folder, "cli.tfrc"),
      `provider_installation {\n  dev_overrides { "kreuzwerker/docker" = ${JSON.stringify(provider)} }\n  direct {}\n}\n`,
    );
  }

  declare({ network, services }: Declared): void {
    const entries = Object.entries(services);
    const images = [...new Set(entries.map(([, { image }]) => image))];
    const volumes = entries.flatMap(([, service]) => (service.volumes ?? []).map((text) => text.split(":")[0]!));
    const key = (image: string) => image.replace(/\W/g, "_");
    const labels = Object.entries(LABELS).map(([label, value]) => ({ label, value }));
    const container = ([name, service]: (typeof entries)[number]) => ({
      name,
      image: `\${docker_image.${key(service.image)}.image_id}`,
      command: service.command,
      env: Object.entries(service.environment ?? {}).map(([variable, value]) => `${variable}=${value}`),
      restart: service.restart,
      labels,
      wait: service.check !== undefined,
      stop_timeout: service.stop,
      destroy_grace_seconds: service.stop,
      tmpfs: Object.fromEntries((service.tmpfs ?? []).map((text) => text.split(":"))),
      ports: (service.ports ?? []).map((text) => {
        const [external, internal] = text.split(":").map(Number);
        return { external, internal };
      }),
      volumes: (service.volumes ?? []).map((text) => {
        const [volume_name, container_path] = text.split(":");
        return { volume_name: `\${docker_volume.${volume_name}.name}`, container_path };
      }),
      healthcheck: service.check && [{ test: ["CMD", ...service.check], interval: "1s", retries: 2 }],
      networks_advanced: network === undefined ? [] : [{ name: `\${docker_network.${network}.name}` }],
    });
    const main = {
      terraform: { required_providers: { docker: { source: "kreuzwerker/docker" } } },
      provider: { docker: {} },
      resource: {
        docker_image: Object.fromEntries(images.map((name) => [key(name), { name, keep_locally: true }])),
        docker_volume: Object.fromEntries(volumes.map((name) => [name, { name, labels }])),
        // A type without a resource is an error.
        ...(network === undefined ? {} : { docker_network: { [network]: { name: network, labels } } }),
        docker_container: Object.fromEntries(entries.map((entry) => [entry[0], container(entry)])),
      },
    };
    writeFileSync(join(this.folder, "main.tf.json"), JSON.stringify(main));
  }
}

const TERRAFORM = ["tofu", "terraform"].find((program) => onPath(program));

/** Makes each tool that is here, berth first. */
export const TOOLS: Record<string, () => Tool> = {
  berth: () => new Berth(),
  ...(works("compose", "version") ? { "docker compose": () => new Compose("docker") } : {}),
  ...(TERRAFORM && process.env.BERTH_LIVE_TF_PROVIDER ? { Terraform: () => new Terraform(TERRAFORM) } : {}),
};
