import type { NetworkDefinition, VolumeDefinition } from "../../description/project";
import type { FileDescription } from "../../description/types";
import { refuse } from "./errors";
import {
  isEmpty,
  defined,
  type Field,
  flag,
  inner,
  innerFields,
  innerItems,
  note,
  pairs,
  refuseField,
  text,
} from "./values";
import { both, listed, say } from "../../description/say";

/** A definition's name on the engine, and whether it is there already. */
function identity(field: Field, key: string, project: string): { name: string; external?: boolean } {
  const external = flag(inner(field, "external")) || undefined;
  return { name: text(inner(field, "name")) ?? (external ? key : `${project}_${key}`), external };
}

function ipam(field: Field | undefined): NetworkDefinition["ipam"] {
  if (!field) return undefined;
  const config = innerItems(inner(field, "config")).map((item) =>
    defined({
      subnet: text(inner(item, "subnet")),
      gateway: text(inner(item, "gateway")),
      ipRange: text(inner(item, "ip_range")),
      auxAddresses: pairs(inner(item, "aux_addresses")),
    }),
  );
  const result = defined({
    driver: text(inner(field, "driver")),
    config: config.length ? config : undefined,
    options: pairs(inner(field, "options")),
  });
  return Object.keys(result).length ? result : undefined;
}

/** @param field the definition, which may be empty */
export function networkDefinition(field: Field, key: string, project: string): NetworkDefinition {
  const own = identity(field, key, project);
  if (own.external) {
    for (const [name, other] of innerFields(field))
      if (!["name", "external"].includes(name) && !isEmpty(other.node))
        note(other, say`has no effect on a network that is external`);
    return defined(own);
  }
  return defined({
    ...own,
    driver: text(inner(field, "driver")),
    driverOpts: pairs(inner(field, "driver_opts")),
    ipam: ipam(inner(field, "ipam")),
    internal: flag(inner(field, "internal")),
    attachable: flag(inner(field, "attachable")),
    enableIpv4: flag(inner(field, "enable_ipv4")),
    enableIpv6: flag(inner(field, "enable_ipv6")),
    labels: pairs(inner(field, "labels")),
  });
}

export function volumeDefinition(field: Field, key: string, project: string): VolumeDefinition {
  const own = identity(field, key, project);
  if (own.external)
    for (const [name, other] of innerFields(field))
      if (!["name", "external"].includes(name))
        throw refuse(
          other.node,
          other.path,
          say`cannot be set on a volume that is external`,
          say`remove it, or external`,
        );
  return defined({
    ...own,
    driver: text(inner(field, "driver")),
    driverOpts: pairs(inner(field, "driver_opts")),
    labels: pairs(inner(field, "labels")),
  });
}

const SWARM = say`needs a Swarm, and there is none on a single engine`;

/** Where the text of a secret or config comes from. */
export type FileOrigin = Pick<FileDescription, "file" | "content" | "environment">;

/** Checks a definition of `secrets` or `configs`, also one that no service uses. */
export function checkFileDefinition(field: Field, kind: "secret" | "config"): void {
  const origins = kind === "secret" ? ["file", "environment"] : ["file", "environment", "content"];
  const given = origins.filter((name) => inner(field, name));
  if (given.length > 1)
    throw refuse(field.node, field.path, say`${both(given)} exclude one another`, say`keep one of ${listed(origins)}`);
  if (given.length === 0 && !inner(field, "external") && !inner(field, "driver"))
    throw refuse(field.node, field.path, say`needs one of ${listed(origins)}`, say`say where its text comes from`);
}

/** @throws ComposeError for what only a Swarm can do */
export function fileOrigin(field: Field, kind: "secret" | "config"): FileOrigin {
  const external = inner(field, "external");
  if (flag(external))
    throw refuse(
      external!.node,
      external!.path,
      say`a ${kind} that is external ${SWARM}`,
      say`give a file or environment`,
    );
  for (const key of ["driver", "driver_opts", "template_driver"])
    refuseField(inner(field, key), SWARM, say`remove it, and give a file or environment`);
  const labels = inner(field, "labels");
  if (labels) note(labels, say`has no effect: labels of a ${kind} are for a Swarm`);
  return defined({
    file: text(inner(field, "file")),
    content: text(inner(field, "content")),
    environment: text(inner(field, "environment")),
  });
}
