import type { Container, PodSpec } from "kubernetes-types/core/v1";
import type { ObjectMeta } from "kubernetes-types/meta/v1";
import { ArgumentError, show } from "../../description/errors";
import { say } from "../../description/say";
import type { ServiceSpec } from "../../description/service";
import { annotations, image, labels, subdomainName } from "./checks";
import type { Environment } from "./environment";
import type { Files } from "./files";
import type { LateValues } from "./late";
import { podNetwork } from "./network";
import type { KubernetesOptions } from "../../description/kubernetesOptions";
import { containerPorts } from "./ports";
import { probesOf, wholeSeconds } from "./probes";
import { resourcesOf } from "./resources";
import { containerSecurity, podSecurity } from "./security";
import { compact, verbatim } from "./values";
import type { Volumes } from "./volumes";

const PULL_POLICIES = { always: "Always", missing: "IfNotPresent", never: "Never" } as const;
const ARCHITECTURES: Record<string, string> = { x86_64: "amd64", aarch64: "arm64", "arm64/v8": "arm64" };

/** Labels of the nodes that have a platform: `linux/arm64`. */
function platformSelector(platform: string | undefined): Record<string, string> {
  if (platform === undefined) return {};
  const [os = "", ...rest] = platform.split("/");
  const given = rest.join("/");
  const arch = ARCHITECTURES[given] ?? given;
  if (arch.includes("/"))
    throw new ArgumentError(
      "platform",
      say`nodes do not say which variant of ${rest[0]} they are`,
      say`use ${show(`${os}/${rest[0]}`)}`,
    );
  return { "kubernetes.io/os": os, "kubernetes.io/arch": arch };
}

function nodeSelector({ platform }: ServiceSpec, options: KubernetesOptions): Record<string, string> | undefined {
  const fromPlatform = platformSelector(platform);
  const own = labels(options.nodeSelector ?? {}, "kubernetes.nodeSelector");
  for (const [key, value] of Object.entries(fromPlatform))
    if (own[key] !== undefined && own[key] !== value)
      throw new ArgumentError(
        `kubernetes.nodeSelector.${key}`,
        say`${own[key]} is not ${platform}`,
        say`keep one of them`,
      );
  const all = { ...fromPlatform, ...own };
  return Object.keys(all).length ? all : undefined;
}

/** Program and arguments. Docker's entrypoint is `command` in Kubernetes, and Docker's command is `args`. */
function programOf({ entrypoint, command = [] }: ServiceSpec): Pick<Container, "command" | "args"> {
  const words = command.map(verbatim);
  if (entrypoint === undefined) return { args: words };
  if (entrypoint.join("") !== "") return { command: entrypoint.map(verbatim), args: words };
  if (words.length === 0)
    throw new ArgumentError(
      "entrypoint",
      say`Kubernetes cannot clear the image's entrypoint and keep its command`,
      say`set command too`,
    );
  return { command: words };
}

/** What the pod of a service is made of, beside its description. */
export interface PodParts {
  name: string;
  environment: Environment;
  secrets: Files;
  configs: Files;
  volumes: Volumes;
  restartPolicy?: "Never" | "OnFailure";
  /** New pods come before the old ones go. */
  rolls: boolean;
}

/**
 * Seconds in which an old pod still answers: the nodes need a while to hear that it goes, and send it requests until
 * then. Kubernetes from 1.30 on sleeps by itself, without a program in the image.
 */
const DRAIN = 5;

/** No two things can be mounted at one place. */
function checkMounts(container: Container): void {
  const seen = new Set<string>();
  for (const { mountPath } of container.volumeMounts ?? []) {
    if (seen.has(mountPath))
      throw new ArgumentError("volumes", say`${mountPath} is mounted twice`, say`give each mount its own path`);
    seen.add(mountPath);
  }
}

/** The pod of a service. */
export function podSpec(spec: ServiceSpec, parts: PodParts, options: KubernetesOptions, late: LateValues): PodSpec {
  const { name, environment, secrets, configs, volumes, restartPolicy, rolls } = parts;
  const program = { entrypoint: spec.entrypoint, command: spec.command } as ServiceSpec;
  const checkedImage = late.lift(spec.image, (plain) => image(plain, "image"));
  const imagePullPolicy = PULL_POLICIES[spec.pullPolicy ?? "missing"];
  const ports = containerPorts(spec);
  const drains = rolls && ports.length > 0;
  const container = compact<Container>({
    name,
    image: checkedImage,
    imagePullPolicy,
    // Each of the two may arrive late, and be undefined then.
    ...(late.isLate(program)
      ? {
          command: late.lift(program, (plain) => programOf(plain).command),
          args: late.lift(program, (plain) => programOf(plain).args),
        }
      : programOf(program)),
    workingDir: spec.workingDir,
    env: environment.env,
    ports,
    resources: resourcesOf(spec),
    volumeMounts: [...volumes.mounts, ...secrets.mounts, ...configs.mounts],
    ...probesOf(spec),
    lifecycle: drains ? { preStop: { sleep: { seconds: DRAIN } } } : undefined,
    securityContext: containerSecurity(spec),
    stdin: spec.stdinOpen || undefined,
    tty: spec.tty || undefined,
  });
  checkMounts(container);
  if (spec.init)
    throw new ArgumentError(
      "init",
      say`Kubernetes starts no init in a container`,
      say`use an image with one, such as tini`,
    );
  const pod = compact<PodSpec>({
    ...podNetwork(spec),
    initContainers: volumes.initContainers.map(({ name: init, ...rest }) => ({
      name: init,
      image: checkedImage,
      imagePullPolicy,
      ...rest,
    })),
    containers: [container],
    volumes: [...volumes.volumes, secrets.volume, configs.volume].filter((volume) => volume !== undefined),
    securityContext: podSecurity(spec),
    restartPolicy,
    terminationGracePeriodSeconds:
      wholeSeconds(spec.stopGracePeriod ?? 10_000, "stopGracePeriod") + (drains ? DRAIN : 0),
    nodeSelector: nodeSelector(spec, options),
    runtimeClassName: spec.runtime === undefined ? undefined : subdomainName(spec.runtime, "runtime"),
    imagePullSecrets: options.imagePullSecrets?.map((secret, index) => ({
      name: subdomainName(secret, `kubernetes.imagePullSecrets[${index}]`),
    })),
    serviceAccountName:
      options.serviceAccountName && subdomainName(options.serviceAccountName, "kubernetes.serviceAccountName"),
    automountServiceAccountToken: options.automountServiceAccountToken ?? false,
    // Docker tells a container nothing of the others either.
    enableServiceLinks: false,
  });
  const { transformPod } = options;
  if (transformPod === undefined) return pod;
  return late.lift(pod, (plain) => {
    const result: unknown = transformPod(plain);
    if (typeof result !== "object" || result === null || !("containers" in result))
      throw new ArgumentError("kubernetes.transformPod", say`returns ${show(result)}`, say`return the pod's spec`);
    return result as PodSpec;
  });
}

/**
 * Labels and annotations of the pod. Docker's labels are free text, as annotations are; Kubernetes' labels are for
 * choosing pods.
 */
export function podMetadata(
  spec: ServiceSpec,
  selector: Record<string, string>,
  options: KubernetesOptions,
  late: LateValues,
): Pick<ObjectMeta, "labels" | "annotations"> {
  const podLabels = labels(options.podLabels ?? {}, "kubernetes.podLabels");
  for (const [key, value] of Object.entries(selector))
    if (podLabels[key] !== undefined && podLabels[key] !== value)
      throw new ArgumentError(
        `kubernetes.podLabels.${key}`,
        say`berth finds the pods by ${key}: ${value}`,
        say`use another key`,
      );
  const given = { labels: spec.labels, annotations: spec.annotations };
  const merged = late.lift(given, (plain) => {
    const all: Record<string, string> = { ...annotations(plain.labels ?? {}, "labels") };
    const further = { annotations: plain.annotations, "kubernetes.podAnnotations": options.podAnnotations };
    for (const [argument, record] of Object.entries(further))
      for (const [key, value] of Object.entries(annotations(record ?? {}, argument))) {
        if (all[key] !== undefined && all[key] !== value)
          throw new ArgumentError(
            `${argument}.${key}`,
            say`is set to another value by labels or annotations`,
            say`keep one`,
          );
        all[key] = value;
      }
    return all;
  });
  const isEmpty = !late.isLate(given) && Object.keys(merged).length === 0;
  return compact({ labels: { ...selector, ...podLabels }, annotations: isEmpty ? undefined : merged });
}
