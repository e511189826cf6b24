import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../description/digest";
import { withTag } from "../../description/names";
import type { Mount } from "../../description/mounts";
import { say } from "../../description/say";
import type { LateSpec, ServiceSpec } from "../../description/service";
import { isLate, lift } from "../../pulumi/outputs";
import type { Companion } from "../engine";
import {
  ARGUMENTS,
  CHANGED_BY_PROVIDER,
  isCpuLimited,
  type Ending,
  endingOf,
  IGNORED,
  mayEnd,
  replacementKey,
} from "../../mapping/docker";
import { DIGEST_LABEL, isOurs, LIFE_LABEL, ownerLabels } from "../owner";
import { isOrigin } from "../ran";
import { lastingLimits } from "../dockerApi/limits";
import { type Session, toLabels } from "../dockerApi/session";
import type { LiveContainer } from "../dockerApi/snapshot";

interface Label {
  label: string;
  value: string;
}

export interface ContainerOptions {
  session: Session;
  /** Logical name of the service. */
  name: string;
  parent: pulumi.Resource;
  /** Keep the data of named volumes when the stack goes. */
  keepData: boolean;
  /** What containerArguments gives for the description. */
  args: Record<string, unknown>;
  /** Checks of late arguments: where one fails, the container is not made. */
  checks: pulumi.Output<unknown>[];
  /** Arrive when the services that this one needs answer. */
  after: pulumi.Output<unknown>[];
  /** Services that only have to be started before. */
  started?: Companion[];
}

/** A checkout in another folder replaces nothing. */
const withoutOrigin = (labels: Label[]) => labels.filter(({ label }) => !isOrigin(label));

/**
 * The provider's arguments, as far as the description alone decides them. Apart from makeContainer, so that
 * what the provider cannot say is refused before anything is made.
 *
 * @param report shows a wrong argument that arrives late
 */
export function containerArguments(spec: LateSpec, report: <T>(run: () => T) => T): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const [key, mapping] of Object.entries(ARGUMENTS)) {
    const fields = Object.fromEntries(mapping.from.map((field) => [field, spec[field]]));
    if (
      Object.values(fields).every((value) => value === undefined) &&
      key !== "networkMode" &&
      key !== "restart" &&
      key !== "mustRun" &&
      key !== "destroyGraceSeconds"
    )
      continue;
    const value = lift(fields, (plain) => report(() => mapping.to(plain as unknown as ServiceSpec)));
    if (value !== undefined) args[key] = value;
  }
  return args;
}

/** A digest of what was declared. It decides about replacement, so its form must not change between versions. */
export function declarationHash(args: Record<string, unknown>): string {
  return digest(replacementKey(args));
}

/**
 * The label with the digest of a declaration; none where a secret is part of that, since a label is there for everybody
 * to read and a digest of a short password gives it away.
 */
function digestLabel(hash: string | pulumi.Output<string>): Label[] | pulumi.Output<Label[]> {
  const label = (value: string) => toLabels({ [DIGEST_LABEL]: value });
  if (!pulumi.Output.isInstance(hash)) return label(hash);
  const none = pulumi.output<Label[]>([]);
  return pulumi.output(pulumi.isSecret(hash)).apply((secret) => (secret ? none : hash.apply(label)));
}

/** The named volumes of a service as resources; anonymous ones get a resource of their own, so that they outlive the container. */
function declareVolumes(
  mounts: Mount[],
  { session, name, parent, keepData }: ContainerOptions,
): { mounts: pulumi.Input<Mount>[]; resources: docker.Volume[] } {
  const resources: docker.Volume[] = [];
  const resolved = mounts.map((mount): pulumi.Input<Mount> => {
    if (mount.type !== "volume") return mount;
    if (mount.source) {
      if (session.externalVolumes.has(mount.source)) return mount;
      resources.push(session.volume(mount.source, keepData, name));
      return mount;
    }
    const anonymous = new docker.Volume(
      `${name}-${mount.target.replace(/^\//, "").replace(/\//g, "-")}`,
      { labels: toLabels(ownerLabels(session.owner, name)) },
      { parent, provider: session.shared().provider, retainOnDelete: keepData, ignoreChanges: ["labels"] },
    );
    resources.push(anonymous);
    return anonymous.name.apply((source) => ({ ...mount, source }));
  });
  return { mounts: resolved, resources };
}

/**
 * The id that the image's name stands for now: somebody may have built or pulled another one since the state was
 * written. An engine keeps one image under a name, of whatever platform, so that of a declared one is the state's.
 */
function currentImage(
  image: docker.RemoteImage,
  { image: name, platform }: LateSpec,
  { session, name: service, parent }: ContainerOptions,
): pulumi.Output<string> {
  if (typeof name !== "string" || name.includes("@") || platform !== undefined) return image.imageId;
  const live = session.live(service);
  return image.imageId.apply(async (known) => {
    // Where nothing has the name any more, the container still has what it stood for.
    const before = live?.imageId ?? known;
    if (!pulumi.runtime.isDryRun()) return (await session.imageNow(name, !live)) ?? before;
    const now = session.snapshot?.imageIds?.[withTag(name)] ?? before;
    if (now !== known && live && live.imageId !== now)
      void pulumi.log.info(say`${service}: ${name} is another image now; \`up\` makes its container anew.`, parent);
    return now;
  });
}

/** `container:<name>` of a service in this program: that container must exist first, and its successor has another id. */
function sharedNamespaces(spec: LateSpec, session: Session) {
  return [spec.networkMode, spec.ipc, spec.pid].flatMap((mode) => {
    const name =
      typeof mode === "string" && mode.startsWith("container:") ? mode.slice("container:".length) : undefined;
    const service = name && session.services.get(name);
    return service ? [service] : [];
  });
}

/** The image of a container, as a resource that the services share where it is known by its name. */
function imageOf(spec: LateSpec, { session, name, parent }: ContainerOptions): docker.RemoteImage {
  if (!isLate(spec.image) && !isLate(spec.platform))
    return session.image(spec.image as string, spec.platform as string | undefined);
  return new docker.RemoteImage(
    name,
    { name: spec.image, keepLocally: true, platform: spec.platform },
    { parent, provider: session.shared().provider, hooks: session.imageHooks },
  );
}

/**
 * What decides whether a container is made anew.
 *
 * @param args the provider's arguments as they are declared: an anonymous volume's generated name is not part of them
 * @param byProvider those that it compares itself
 */
function hashOf(args: Record<string, unknown>, spec: LateSpec, byProvider: string[]): string | pulumi.Output<string> {
  const declared = { ...args, ...lastingLimits(spec) };
  // Late variables count by their names only, and by their values in the provider's own comparison: a digest of a
  // short password gives it away, and `preview --json` crashes on a trigger that is secret (CLI 3.259).
  if (byProvider.includes("envs"))
    declared.envs = pulumi.unsecret(
      pulumi.output(args.envs as string[] | undefined).apply((envs) => envs?.map((env) => env.split("=")[0])),
    );
  if (byProvider.includes("uploads"))
    declared.uploads = pulumi.unsecret(
      pulumi
        .output(args.uploads as docker.types.input.ContainerUpload[])
        .apply((uploads) => uploads.map(({ file, permissions }) => [file, permissions])),
    );
  if (args.labels !== undefined) declared.labels = lift(args.labels, (labels) => withoutOrigin(labels as never));
  return lift(declared, (plain) => declarationHash(plain as Record<string, unknown>)) as string | pulumi.Output<string>;
}

/** The program's networks that a container is on, and the services whose volumes it has. */
function namedResources({ networks, volumesFrom }: LateSpec, session: Session): pulumi.Resource[] {
  const found = [
    ...(Array.isArray(networks) ? networks : []).map(({ name }) => session.networks.get(name)),
    ...(Array.isArray(volumesFrom) ? volumesFrom : []).map(({ container }) => session.services.get(container)),
  ];
  return found.flatMap((made) => (made ? [made.resource] : []));
}

/** Keeps which containers start anew with a service. */
function noteRestarts({ containerName }: LateSpec, { session, started = [] }: ContainerOptions): void {
  for (const { name, restart } of started)
    if (restart && typeof containerName === "string")
      session.restarts.set(name, (session.restarts.get(name) ?? new Set()).add(containerName));
}

/** Tells one container of a service from the next. */
function lifeOf({ containerName }: LateSpec, { session, name }: ContainerOptions): string | undefined {
  if (session.hasFailed(name)) return session.life(undefined);
  const byName = ({ name: called, labels }: LiveContainer) => called === containerName && isOurs(labels, session.owner);
  return session.life(session.live(name) ?? session.snapshot?.containers.find(byName));
}

/** Has a container made anew when one of its parts changes; arrives when the container may be made. */
function triggerOf(
  parts: pulumi.Input<string>[],
  { containerName }: LateSpec,
  { session, name, parent, checks, after }: ContainerOptions,
  life: string | undefined,
): pulumi.Output<string> {
  const preview = pulumi.runtime.isDryRun();
  const live = session.live(name);
  // Waiting for other services is no part of the comparison; a preview does not wait.
  return pulumi.all([pulumi.all(parts), pulumi.all([...checks, ...(preview ? [] : after)])]).apply(([known]) => {
    // Where the image is known to a preview, the state has been there before.
    if (preview && life && !live && !session.taken(String(containerName)))
      void pulumi.log.info(say`${name}: its container is not on the engine; \`up\` makes one.`, parent);
    if (preview && live?.neverStarted)
      void pulumi.log.info(say`${name}: its container has never started; \`up\` makes it anew.`, parent);
    return known.join(" ");
  });
}

/**
 * Makes the container of a service: its image, its volumes and itself.
 *
 * What Docker cannot change on a living container is compared by a hash of the declaration, not by what the
 * provider reads back, because that differs for nothing and overlooks removals (see docs/how-it-works.md).
 */
export function makeContainer(spec: LateSpec, options: ContainerOptions): docker.Container {
  const { session, name, parent, started = [] } = options;
  session.names.add(name);
  const image = imageOf(spec, options);

  const args = { ...options.args };
  const byProvider = ["envs", "uploads"].filter((key) => isLate(args[key]));
  const hash = hashOf(args, spec, byProvider);
  const volumes = Array.isArray(spec.volumes) ? declareVolumes(spec.volumes, options) : undefined;
  if (volumes?.mounts.some(isLate)) {
    const fields = { volumes: volumes.mounts, volumesFrom: spec.volumesFrom };
    for (const key of ["volumes", "mounts"] as const)
      args[key] = lift(fields, (plain) => ARGUMENTS[key]!.to(plain as unknown as ServiceSpec));
  }
  const shared = sharedNamespaces(spec, session);
  noteRestarts(spec, options);
  const life = lifeOf(spec, options);
  const identities = [currentImage(image, spec, options), ...shared.map((service) => service.containerId)];
  const parts = [hash, ...identities, ...(life ? [life] : [])] as pulumi.Input<string>[];

  const byHand = isCpuLimited(args as Record<string, unknown>) ? [] : ["cpus"];
  const ignored = IGNORED.filter((key) => ![...byProvider, ...byHand].includes(key));
  // With mustRun the provider starts again and again what has ended well.
  if (spec.mode !== "replicated-job") args.mustRun = lift(endingOf(spec), (plain) => !mayEnd(plain as Ending));
  if (args.mustRun !== true) ignored.push("mustRun");

  const own = toLabels({ ...ownerLabels(session.owner, name), ...(life ? { [LIFE_LABEL]: life } : {}) });
  const given = (args.labels ?? []) as pulumi.Input<Label[]>;
  args.labels = lift({ given, declaration: digestLabel(hash) }, (labels) => [
    ...(labels.given as Label[]),
    ...own,
    ...(labels.declaration as Label[]),
  ]);

  return new docker.Container(
    name,
    // Anonymous volumes of the image stay when the container goes: `docker rm` without -v.
    { ...args, removeVolumes: false } as unknown as docker.ContainerArgs,
    {
      parent,
      provider: session.shared().provider,
      dependsOn: [
        image,
        ...(volumes?.resources ?? []),
        ...namedResources(spec, session),
        ...[...shared, ...started].map(({ resource }) => resource),
      ],
      // It is deleted last: what ran before is set aside meanwhile and comes back where this one fails.
      deleteBeforeReplace: !session.hooks || !session.client,
      replacementTrigger: triggerOf(parts, spec, options, life),
      ignoreChanges: ignored,
      // Docker can change a limit but not take it away; where none is declared, any difference is a removal.
      replaceOnChanges: [
        ...CHANGED_BY_PROVIDER.filter((key) => key !== "restart" && key !== "maxRetryCount" && args[key] === undefined),
        ...byHand,
      ],
      hooks: session.hooks && {
        beforeCreate: [session.hooks.fetchImage, session.hooks.makeRoom],
        afterCreate: [session.hooks.restartDependents],
        onError: [session.hooks.bringBack],
      },
    },
  );
}
