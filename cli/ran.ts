import { withTag } from "../core/description/names";
import { canonical } from "../core/description/digest";
import { say } from "../core/description/say";
import type { ServiceDescription } from "../core/description/types";
import { RAN, type Ran } from "../core/engines/ran";
import { shortName } from "../core/engines/status";
import { isSecret } from "./marks";
import type { Exported, Resource, StateFile } from "./state";

/** A service as it ran after an update, without what was secret. */
export interface RanPlainly extends Ran {
  /** Where something secret was: `environment.NAME`, `secrets.SOURCE`, or a whole field. */
  secret: string[];
}

/** A service in the state of one update. */
export interface ServiceThen {
  /** Logical name. */
  name: string;
  containerName: string;
  /** What it goes by in a compose file. */
  short?: string;
  /** The image that it was to have. */
  image?: string;
  /** Undefined where it did not come up, or where an earlier berth kept nothing of it. */
  ran?: RanPlainly;
}

/** What the state of an update says, as far as it is about services. */
export interface StateThen {
  services: Map<string, ServiceThen>;
  /** Names of the networks that the stack had made. */
  networks: Set<string>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object";
const hasSecret = (value: unknown): boolean =>
  isSecret(value) || (isRecord(value) && Object.values(value).some(hasSecret));

/**
 * Reads a state: the CLI's checkpoint of an update, or what `pulumi stack export` prints.
 *
 * @throws Error where it is neither
 */
export function readState(text: string): StateThen {
  const whole = JSON.parse(text) as Partial<StateFile & Exported>;
  if (!whole.checkpoint && !whole.deployment) throw new Error(say`this is no state of Pulumi`);
  const resources = (whole.checkpoint?.latest ?? whole.deployment)?.resources ?? [];
  const services = new Map<string, ServiceThen>();
  const networks = new Set<string>();
  for (const resource of resources) {
    const { type, urn, inputs = {}, custom, delete: isLeft } = resource;
    if (type === "docker:index/network:Network") networks.add(String(inputs.name));
    const { image, containerName } = inputs;
    if (custom || isLeft || !type.startsWith("berth:") || image === undefined || containerName === undefined) continue;
    const name = urn.split("::").at(-1)!;
    const ran = ranOf(resource);
    services.set(name, {
      name,
      containerName: typeof containerName === "string" ? containerName : name,
      short: shortName(ran?.description.labels as Record<string, string> | undefined),
      image: typeof image === "string" ? image : undefined,
      ran,
    });
  }
  return { services, networks };
}

/** What the component has kept. In an update with --target it may say so of a service that was left as it is. */
function ranOf({ inputs = {}, outputs = {} }: Resource): RanPlainly | undefined {
  const kept = outputs[RAN] as Ran | undefined;
  if (!isRecord(kept) || isSecret(kept) || !isRecord(kept.description)) return undefined;
  const { image } = kept.description;
  if (typeof image === "string" && image !== inputs.image) return undefined;
  return withoutSecrets(kept);
}

function withoutSecrets(kept: Ran): RanPlainly {
  const secret: string[] = [];
  const description: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(kept.description)) {
    if (!hasSecret(value)) description[field] = value;
    else if (field === "environment" && !isSecret(value)) {
      const variables = Object.entries(value as object);
      description[field] = Object.fromEntries(variables.filter(([, text]) => !hasSecret(text)));
      secret.push(...variables.filter(([, text]) => hasSecret(text)).map(([name]) => `environment.${name}`));
    } else if (field === "secrets" && Array.isArray(value)) {
      description[field] = value.map((file: { source: string; content?: unknown }) => {
        if (!hasSecret(file)) return file;
        const { content: _, ...rest } = file;
        secret.push(`secrets.${file.source}`);
        return rest;
      });
    } else secret.push(field);
  }
  const plain = { ...kept, description: description as unknown as ServiceDescription };
  for (const options of ["swarm", "kubernetes"] as const)
    if (hasSecret(kept[options])) {
      delete plain[options];
      secret.push(options);
    }
  return { ...plain, secret };
}

/** The image by its digest where that is known, else as it was declared. */
export const imageOf = ({ image, description }: Ran): string => image ?? String(description.image ?? "");

const text = (value: unknown) => JSON.stringify(canonical(value));

/** Whether two images are one: the same name with one digest, or where one is not known, the same name. */
function isSameImage(one: Ran, other: Ran): boolean {
  const [a, b] = [imageOf(one), imageOf(other)];
  if (a === b) return true;
  const pins = [a, b].map((image) => /@?(sha256:.*)$/.exec(image)?.[1]);
  if (pins[0] && pins[1]) return pins[0] === pins[1];
  return withTag(String(one.description.image)) === withTag(String(other.description.image));
}

/** The fields that two descriptions of a service differ in, `image` first. Secrets are not compared. */
export function differences(before: RanPlainly, after: RanPlainly): string[] {
  const ofBefore = { ...before.description } as Record<string, unknown>;
  const ofAfter = { ...after.description } as Record<string, unknown>;
  const hidden = [...before.secret, ...after.secret];
  const fields = [...new Set([...Object.keys(ofBefore), ...Object.keys(ofAfter)])].filter(
    (field) => field !== "image" && !hidden.includes(field) && text(ofBefore[field]) !== text(ofAfter[field]),
  );
  const options = (["engine", "swarm", "kubernetes"] as const).filter(
    (field) => !hidden.includes(field) && text(before[field]) !== text(after[field]),
  );
  return [...(isSameImage(before, after) ? [] : ["image"]), ...fields.sort(), ...options].filter(
    (field) => field !== "environment" || changedVariables(before, after).length > 0,
  );
}

/** Names of the variables that two descriptions differ in, those that became secret or are so no more too. */
function changedVariables(before: RanPlainly, after: RanPlainly): string[] {
  const [old, now] = [before, after].map(
    ({ description }) => (description.environment ?? {}) as Record<string, string>,
  );
  const isHidden = ({ secret }: RanPlainly, name: string) =>
    secret.includes("environment") || secret.includes(`environment.${name}`);
  return [...new Set([...Object.keys(old!), ...Object.keys(now!)])].filter(
    (name) => old![name] !== now![name] && !(isHidden(before, name) || isHidden(after, name)),
  );
}

/** An image for the eye: a whole digest is too long to be read. */
export const shortened = (image: string): string => image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, "$1");

const listed = (value: unknown): string | undefined => {
  if (value === undefined) return say`none`;
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value.join(", ") : undefined;
};

const declaredImage = ({ description }: Ran) => shortened(String(description.image ?? ""));

/**
 * What changes from one description of a service to another, in a few words each.
 *
 * @param fields those that are looked at
 */
export function words(before: RanPlainly, after: RanPlainly, fields = differences(before, after)): string[] {
  return fields.map((field) => {
    if (field === "image") {
      const [old, now] = [before, after].map(declaredImage);
      if (old !== now) return say`image ${`${old} -> ${now}`}`;
      // A tag that stands for another image by now.
      const [was, is] = [before, after].map((ran) => shortened(imageOf(ran).replace(/^.*@/, "")));
      return say`image ${old} was ${was}, is ${is}`;
    }
    if (field === "environment") return say`environment ${changedVariables(before, after).join(", ")}`;
    if (field !== "ports" && field !== "networks") return field;
    const what = field === "ports" ? say`ports` : say`networks`;
    const [old, now] = [before, after].map(({ description }) => listed(description[field]));
    return old !== undefined && now !== undefined ? `${what} ${old} -> ${now}` : what;
  });
}
