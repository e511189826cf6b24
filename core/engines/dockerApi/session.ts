import { randomBytes } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isWithin } from "../../description/isWithin";
import type { Mount } from "../../description/mounts";
import { say } from "../../description/say";
import { hasPulumiEngine, perProvider, providerAmong } from "../../pulumi/perProgram";
import { ArgumentError } from "../../description/errors";
import { isId, parseImage, withTag } from "../../description/names";
import {
  buildxGoesElsewhere,
  ENGINE_SETTINGS,
  type EngineAddress,
  engineAddress,
  engineHostname,
  type EngineSettings,
} from "./connection/address";
import { checkConsent, markAdopted, orphanWarnings } from "./adoption";
import { type BundledBuild, bundledBuild } from "./images/bundledImages";
import { EngineClient, EngineError } from "./connection/client";
import { fetchImage } from "./images/fetch";
import { type ContainerHooks, containerHooks } from "./hooks";
import { chosenEngine } from "../engine";
import { lockedImage } from "../imageLock";
import { atMirror } from "../imageMirrors";
import { isOurs, LIFE_LABEL, type Owner, ownerLabels, ownerOf, SERVICE_LABEL } from "../owner";
import { type AddressClaim, type MissingBind, missingBindsError, type PortClaim, type SubnetClaim } from "./preflight";
import { Predecessors, setAsideAs, standing } from "./predecessors";
import { type InPlace, Reconciler } from "./reconcile";
import { type Look, visit } from "./look";
import type { EngineSnapshot, LiveContainer } from "./snapshot";
import { runNow } from "../../pulumi/runNow";
import { checkLast } from "../../pulumi/allOrNothing";
import type { Report } from "../../pulumi/componentErrors";
import { berthSetting, namesToAdopt } from "../../pulumi/settings";

/** A network declared by this program. */
export interface DeclaredNetwork {
  id: pulumi.Output<string>;
  resource: pulumi.Resource;
  driver?: string;
}

/** A service declared by this program. */
export interface DeclaredService {
  /** Logical name. */
  name: string;
  containerId: pulumi.Output<string>;
  resource: pulumi.Resource;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

interface ImageOptions extends Pick<docker.RemoteImageArgs, "build" | "triggers"> {
  /** @default true */
  keep?: boolean;
  /** The image is on the engine already: what it was built from, and its id. */
  bundled?: BundledBuild;
}

/**
 * What one Pulumi program has declared on one engine so far, and what that engine held when the program
 * began. Shared objects (images, volumes) are made once however many services use them.
 */
export class Session {
  readonly owner: Owner;
  /** Names of what is there already and becomes the stack's own. */
  readonly adopts: readonly string[];
  /** Undefined under mocks, which know no hooks. */
  readonly hooks?: ContainerHooks;
  readonly networks = new Map<string, DeclaredNetwork>();
  readonly services = new Map<string, DeclaredService>();
  /** Logical names of all services, those too whose container's name arrives late. */
  readonly names = new Set<string>();
  /** What can be changed on their living containers, by logical name, where it is known at once. */
  readonly places = new Map<string, InPlace>();
  readonly reconciler = new Reconciler(this, () => this.needClient());
  readonly predecessors = new Predecessors(this);
  readonly addresses: AddressClaim[] = [];
  private readonly missing: MissingBind[] = [];
  readonly ports: PortClaim[] = [];
  readonly subnets: SubnetClaim[] = [];
  /** Undefined where there is no engine to ask: in a plan, under mocks, or at an address berth cannot reach. */
  snapshot?: EngineSnapshot;
  /** Our containers by their services. */
  private ours: { of?: EngineSnapshot; services: Map<string, LiveContainer[]> } = { services: new Map() };
  client?: EngineClient;
  /** Whether somebody has begun to look at the engine. */
  looked = false;
  /** Names of the containers that start anew with a service, by its logical name. */
  readonly restarts = new Map<string, Set<string>>();
  /** Volumes that somebody else makes and keeps. */
  readonly externalVolumes = new Set<string>();
  /** Names of the images that this program builds. */
  readonly built = new Set<string>();
  /** What the volumes of this program are made with: one that a container makes for itself would have none of it. */
  readonly volumeArgs = new Map<string, Omit<docker.VolumeArgs, "name">>();
  private readonly imageIds = new Map<string, Promise<string | undefined>>();
  private readonly digests = new Map<string, Promise<string[]>>();
  private readonly images = new Map<string, docker.RemoteImage>();
  private readonly volumes = new Map<string, { resource: docker.Volume; keep: boolean; by: string }>();

  constructor(
    readonly projectFolder: string,
    private readonly provider?: pulumi.ProviderResource,
  ) {
    const configured = berthSetting("owner");
    this.owner = ownerOf(pulumi.getProject(), pulumi.getStack(), projectFolder, configured);
    // It speaks of the stack's engine; of another one nobody knows what is there.
    this.adopts = provider ? [] : namesToAdopt();
    if (hasPulumiEngine()) this.hooks = containerHooks(this);
  }

  private consentChecked = false;

  /** Compares at the end of the program what is to be taken over with what is declared. */
  checkConsentLast(): void {
    const begun = this.snapshot?.containers.some(({ adopted }) => adopted);
    if (this.consentChecked || (this.adopts.length === 0 && !begun)) return;
    this.consentChecked = checkLast(() => {
      const containers = [...this.services.keys()];
      const late = this.names.size > containers.length;
      const volumes = [...this.volumes.keys(), ...this.externalVolumes];
      checkConsent(this.adopts, { containers, networks: this.networks.keys(), volumes, late });
      if (!late)
        for (const warning of orphanWarnings(this.snapshot, this.owner, containers)) void pulumi.log.warn(warning);
    });
  }

  /** The container that is taken over under a name, which an apply that was cut off may have set aside. */
  taken(containerName: string): LiveContainer | undefined {
    return this.snapshot?.containers.find(
      ({ adopted, name }) => adopted && (setAsideAs(name)?.name ?? name) === containerName,
    );
  }

  /** The logical name of the service with this container. */
  serviceNamed(containerName: string): string | undefined {
    return this.services.get(containerName)?.name;
  }

  /** Whether a volume is there that the stack has not made. */
  private isForeignVolume(name: string): boolean {
    const live = this.snapshot?.volumes.find((volume) => volume.name === name);
    return live !== undefined && !isOurs(live.labels, this.owner);
  }

  /** Takes what was read from the engine, so that checks run before anything is declared. */
  take(client: EngineClient, snapshot: EngineSnapshot): void {
    this.client = client;
    client.hasAnswered = true;
    this.snapshot = markAdopted(snapshot, this.owner, this.adopts);
    // A preview only asks: one connection is enough.
    if (!pulumi.runtime.isDryRun()) client.widen();
  }

  needClient(): EngineClient {
    if (this.client) return this.client;
    throw new EngineError(
      0,
      say`this needs an engine that berth can talk to itself; name it by unix://, ssh:// or tcp://`,
    );
  }

  /** The engine's host, for addresses of what runs there. */
  get hostname(): string {
    return this.client ? engineHostname(this.client.address) : "localhost";
  }

  /** Whether the provider has to build through its own connection, since Buildx would build on another engine. */
  get buildsByItself(): boolean {
    return this.client !== undefined && buildxGoesElsewhere(this.client.address, process.env);
  }

  /** Refuses host paths that are missing: all of the program's in one sentence, where somebody waits for its end. */
  refuseMissing(binds: MissingBind[], report: Report): void {
    if (binds.length === 0) return;
    this.missing.push(...binds);
    // The first one speaks for the others.
    if (this.missing.length > binds.length) return;
    const refuse = () =>
      report(() => {
        throw missingBindsError(this.missing.splice(0) as [MissingBind, ...MissingBind[]]);
      });
    if (!checkLast(refuse)) refuse();
  }

  /** Says which host paths lie in this checkout, where the engine runs on another host and looks for them there. */
  warnOfBinds(mounts: Mount[], by: string): void {
    if (this.hostname === "localhost") return;
    for (const { type, source } of mounts)
      if (type === "bind" && isWithin(this.projectFolder, source!))
        void pulumi.log.warn(
          say`${by}: ${source} lies in this checkout, but the engine looks for it on ${this.hostname}: copy it there, or put it into the image.`,
        );
  }

  /**
   * A mark that an object of the engine keeps as long as it lives, and a new one where none is there: compared with the
   * state's, it tells that somebody has removed it. Objects from before there were such marks have none.
   */
  life(live: { labels: Record<string, string> } | undefined): string | undefined {
    if (!this.snapshot) return undefined;
    return live ? live.labels[LIFE_LABEL] : randomBytes(6).toString("hex");
  }

  /** The containers of a service as they stood when the program began. */
  private allOf(service: string): LiveContainer[] {
    // Every service asks several times, and the snapshot stays as it is.
    if (this.ours.of !== this.snapshot) {
      const services = new Map<string, LiveContainer[]>();
      for (const container of this.snapshot?.containers ?? []) {
        const name = container.labels[SERVICE_LABEL];
        if (name !== undefined && isOurs(container.labels, this.owner))
          services.set(name, [...(services.get(name) ?? []), container]);
      }
      this.ours = { of: this.snapshot, services };
    }
    return this.ours.services.get(service) ?? [];
  }

  /** The container that stood for a service when the program began, whatever it is called now. */
  live(service: string): LiveContainer | undefined {
    const found = standing(this.allOf(service));
    const aside = found && setAsideAs(found.name);
    // Its name and its end are berth's doing.
    return aside ? { ...found, name: aside.name, exitCode: undefined } : found;
  }

  /** Whether the last change of a service failed, so that what runs is not what the state says. */
  hasFailed(service: string): boolean {
    const live = this.live(service);
    // The provider knows only a part of it, and would have it changed, which it cannot.
    if (live?.neverStarted) return true;
    const { [LIFE_LABEL]: life } = live?.labels ?? {};
    return this.allOf(service).some(
      ({ name, labels }) => setAsideAs(name)?.kind === "failed" && labels[LIFE_LABEL] === life,
    );
  }

  get hasOwnLogins(): boolean {
    return docker.Provider.isInstance(this.provider) || pulumi.runtime.getConfig("docker:registryAuth") !== undefined;
  }

  /** Options for a resource that belongs to the stack rather than to one service. */
  shared(options: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return { provider: this.provider, ...options };
  }

  /**
   * The image, pulled once per stack, or built where `build` says so. It stays on the engine when the stack
   * goes, unless the first service that names it says otherwise; one that a bundle has brought always does.
   */
  image(
    given: string,
    platform?: string,
    { keep = true, build, triggers, bundled }: ImageOptions = {},
  ): docker.RemoteImage {
    const name = build || bundled ? given : lockedImage(given);
    const brought = build || bundled ? undefined : this.brought(name);
    const key = platform ? `${name}@${platform}` : name;
    let image = this.images.get(key);
    if (!image) {
      image = new docker.RemoteImage(
        // By a name of its own: a build that follows would go without arguments, which `ignoreChanges` takes from the state.
        bundled ? `${key}@bundle` : key,
        {
          name: brought ?? name,
          platform,
          keepLocally: keep,
          forceRemove: build && !keep ? true : undefined,
          build,
          triggers: bundled ? { content: bundled.content, id: bundled.id ?? "" } : triggers,
        },
        // The provider removes by name: after a rebuild that would be the new image, so the old one goes first, from
        // under the container that still runs. What other stacks use as well is never forced away. The triggers alone decide
        // about building again; the folder has another path in every checkout.
        this.shared(
          build
            ? { deleteBeforeReplace: !keep, ignoreChanges: ["build"] }
            : { hooks: bundled ? undefined : this.imageHooks },
        ),
      );
      this.images.set(key, image);
      if (build) this.built.add(name);
    }
    return image;
  }

  /** The id of an image that is named by digest where a file has brought it, since that brings no such name. */
  private brought(name: string): string | undefined {
    const ids = this.snapshot?.imageIds;
    if (!ids || !name.includes("@")) return undefined;
    const id = bundledBuild(this.projectFolder, name)?.id;
    return id !== undefined && Object.values(ids).includes(id) && !(name.replace(/:[^/:@]+@/, "@") in ids)
      ? id
      : undefined;
  }

  /** For an image that is fetched, not built. */
  get imageHooks(): pulumi.ResourceHookBinding | undefined {
    return this.hooks && { beforeCreate: [this.hooks.fetchImage] };
  }

  /**
   * What an image's name stands for on the engine; it is asked once, when the image has been made.
   *
   * @param needed it is fetched again where somebody has removed it, as a container is to be made of it
   */
  imageNow(name: string, needed: boolean): Promise<string | undefined> {
    const key = `${needed} ${name}`;
    let id = this.imageIds.get(key);
    if (!id) {
      id = this.askImage(name, needed);
      this.imageIds.set(key, id);
    }
    return id;
  }

  private async askImage(name: string, needed: boolean): Promise<string | undefined> {
    const { client } = this;
    const find = async () => (await client?.find<{ Id: string }>(`/images/${name}/json`))?.Id;
    const id = await find();
    if (id !== undefined || !client || !needed || this.built.has(name)) return id;
    // The hook before the container says what is wrong.
    await fetchImage(client, name, { otherLogins: this.hasOwnLogins, mirror: atMirror(name) }).catch(() => {});
    return find();
  }

  /**
   * A name with the digest of an image, which says for good what it is. What was built here has no digest at a
   * registry: its id alone says what it is.
   *
   * @param id of the image that a container runs
   */
  async pinned(name: string, id: string): Promise<string> {
    if (name.includes("@") || isId(name)) return name;
    const digests = this.built.has(name) ? [] : await this.digestsOf(id);
    const { repository } = parseImage(name, "image");
    // The engine's own words: nothing of an apply may hang on their form.
    const known = digests.map((text) => text.split("@")).filter(([, digest = ""]) => DIGEST.test(digest));
    const [, digest] = known.find(([place]) => place!.endsWith(repository)) ?? known[0] ?? [];
    return digest === undefined ? id : `${withTag(name)}@${digest}`;
  }

  private digestsOf(id: string): Promise<string[]> {
    let digests = this.digests.get(id);
    if (!digests) {
      const found = this.client?.find<{ RepoDigests?: string[] | null }>(`/images/${id}/json`);
      digests = Promise.resolve(found).then(
        (image) => image?.RepoDigests ?? [],
        () => [],
      );
      this.digests.set(id, digests);
    }
    return digests;
  }

  /** The image that this program makes under a name, if it does. */
  declaredImage(name: string): docker.RemoteImage | undefined {
    return this.images.get(name) ?? this.images.get(name.replace(/:latest$/, "")) ?? this.images.get(`${name}:latest`);
  }

  /** Settings for another provider of this engine: an explicit one takes none of the stack's `docker:` settings. */
  providerSettings(): docker.ProviderArgs {
    if (docker.Provider.isInstance(this.provider)) {
      const { host, context, certPath, caMaterial, certMaterial, keyMaterial } = this.provider;
      return definedOnly({ host, context, certPath, caMaterial, certMaterial, keyMaterial });
    }
    const config = new pulumi.Config("docker");
    const sshOpts = config.getObject<string[]>("sshOpts");
    const plain = {
      host: config.get("host"),
      context: config.get("context"),
      certPath: config.get("certPath"),
      sshOpts,
    };
    const [caMaterial, certMaterial, keyMaterial] = ["caMaterial", "certMaterial", "keyMaterial"].map((key) =>
      config.getSecret(key),
    );
    return definedOnly({ ...plain, caMaterial, certMaterial, keyMaterial });
  }

  /** Refuses a share in a volume whose other users say the opposite about its data. */
  checkVolume(name: string, keep: boolean, by: string): void {
    const declared = this.volumes.get(name);
    if (declared && declared.keep !== keep) {
      throw new pulumi.RunError(
        say`removeData: ${by} and ${declared.by} share the volume ${name} but disagree about its data; set removeData on both or on neither.`,
      );
    }
  }

  /** Who declared a volume first, if anybody did. */
  volumeBy(name: string): string | undefined {
    return this.volumes.get(name)?.by;
  }

  /**
   * The named volume, made once per stack. Its data outlives destroy and replacement unless `keep` is false.
   * Docker takes an existing volume of that name as it is, so data left by an earlier stack is found again.
   */
  volume(name: string, keep: boolean, by: string, args: Omit<docker.VolumeArgs, "name"> = {}): docker.Volume {
    this.checkVolume(name, keep, by);
    const declared = this.volumes.get(name);
    if (declared) return declared.resource;
    this.checkConsentLast();
    const foreign = this.isForeignVolume(name);
    if (foreign && !keep)
      void pulumi.log.info(
        say`${by}: the stack has not made the volume ${name}, so it stays when the stack goes, whatever removeData says.`,
      );
    const resource = new docker.Volume(
      name,
      {
        ...args,
        name,
        labels: [...toLabels(ownerLabels(this.owner)), ...((args.labels as docker.VolumeArgs["labels"] & []) ?? [])],
      },
      // Every one of these would replace the volume, and with it the data.
      this.shared({ retainOnDelete: keep || foreign, ignoreChanges: ["labels", "driver", "driverOpts"] }),
    );
    this.volumeArgs.set(name, args);
    this.volumes.set(name, { resource, keep, by });
    return resource;
  }
}

/** A provider's settings that are undefined would stand before its own defaults. */
const definedOnly = (settings: docker.ProviderArgs): docker.ProviderArgs =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

export const toLabels = (labels: Record<string, string>) =>
  Object.entries(labels).map(([label, value]) => ({ label, value }));

const unseenSession = perProvider((provider) => new Session(process.cwd(), provider));

/**
 * The session of the running program on one engine; under mocks every `setMocks` begins a new one. Where the program
 * has not looked at its engine by itself (`program()`), the first component does, and waits for the answer.
 */
export function sessionFor(provider?: pulumi.ProviderResource): Session {
  const session = unseenSession(provider);
  if (!provider && !session.looked && pulumi.runtime.hasEngine() && chosenEngine() !== "kubernetes") lookNow(session);
  return session;
}

/** The Docker provider among a component's options. */
export const providerOf = (opts: pulumi.ComponentResourceOptions): pulumi.ProviderResource | undefined =>
  providerAmong(opts, docker.Provider.isInstance, "docker:index/container:Container");

/** Looks at the engine before the program declares anything, for `program()`. */
export async function connectEngine(): Promise<void> {
  const session = unseenSession();
  const address = addressFor(session);
  if (!address) return;
  const found = await visit(address, [...session.adopts]);
  if (found.error !== undefined) throw noAnswer(address, found.error, found.ofSettings);
  session.take(found.client, found.snapshot);
}

/** The same where nobody can wait for a promise. */
function lookNow(session: Session): void {
  const address = addressFor(session);
  if (!address) return;
  const found = runNow<Look>(require.resolve("./look"), "look", address, [...session.adopts]);
  if (found.error !== undefined) throw noAnswer(address, found.error, found.ofSettings);
  session.take(new EngineClient(address), found.snapshot);
}

/** The engine that a look has to ask; undefined where only the provider reaches it. */
function addressFor(session: Session): EngineAddress | undefined {
  session.looked = true;
  const address = stackEngine();
  for (const warning of address.warnings ?? []) void pulumi.log.warn(warning);
  if (EngineClient.supports(address)) return address;
  void pulumi.log.warn(
    say`The engine at ${address.host} is reached by the Docker provider only: ports, names and subnets in use there are not checked beforehand, and changes of networks and names are not made in place.`,
  );
  return undefined;
}

/** An error that says that no engine answers, or what is wrong with the settings that name it. */
function noAnswer({ host }: EngineAddress, message: string, ofSettings: boolean): pulumi.RunError {
  if (ofSettings) return new pulumi.RunError(message);
  const [reason, remedy] = host.startsWith("unix:")
    ? [` (${message})`, say`Start Docker`]
    : [`: ${message}`, say`Put that right`];
  return new pulumi.RunError(
    say`No Docker engine answers at ${host}${reason}. ${remedy}, or name another engine with \`pulumi config set docker:host\` or DOCKER_HOST; \`berth plan\` shows the plan without one.`,
  );
}

/**
 * Where the stack's settings and the environment say that its engine is.
 *
 * @throws RunError where they cannot be followed
 */
export function stackEngine(): EngineAddress {
  // The SDK warns of secrets that are read as plain text; these go to the engine's connection only.
  const settings = ENGINE_SETTINGS.map((key) => [key, pulumi.runtime.getConfig(`docker:${key}`)]);
  try {
    return engineAddress(Object.fromEntries(settings) as EngineSettings, process.env);
  } catch (error) {
    throw error instanceof ArgumentError ? new pulumi.RunError(error.message) : error;
  }
}
