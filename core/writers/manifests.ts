import { both, say } from "../description/say";
import { quote } from "shlex";
import { isSecretValue } from "../description/secretValue";
import type { Notice } from "../description/project";
import type { GivenManifest, GivenObject } from "../mapping/kubernetes/given";
import { inOrderOfKinds } from "../mapping/kubernetes/order";
import { render } from "./kubernetes";
import { type Printed, warning } from "./printed";

/** Variables of containers in clear that are named like secrets. */
function openSecrets(value: unknown, field = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => openSecrets(item, field));
  if (value === null || typeof value !== "object") return [];
  const record = value as GivenManifest;
  if (field === "env" && typeof record.value === "string" && isSecretValue(String(record.name), record.value))
    return [String(record.name)];
  return Object.entries(record).flatMap(([key, item]) => openSecrets(item, key));
}

/** The same without their values, which come from a Secret. */
function withoutOpen(value: unknown, secret: string, field = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutOpen(item, secret, field));
  if (value === null || typeof value !== "object") return value;
  const record = value as GivenManifest;
  if (field === "env" && typeof record.value === "string" && isSecretValue(String(record.name), record.value))
    return { name: record.name, valueFrom: { secretKeyRef: { name: secret, key: record.name } } };
  return Object.fromEntries(Object.entries(record).map(([key, item]) => [key, withoutOpen(item, secret, key)]));
}

const shell = (name: string) => name.replace(/\W/g, "_").toUpperCase();

/** The line that makes a Secret, with values from the shell. */
const makes = (name: string, namespace: string | undefined, keys: string[], type?: string) =>
  [
    `kubectl create secret generic ${name}`,
    ...(type === undefined || type === "Opaque" ? [] : [`--type=${type}`]),
    ...(namespace === undefined ? [] : [`-n ${namespace}`]),
    ...keys.map((key) => `--from-literal=${quote(key)}="$${shell(key)}"`),
  ].join(" ");

/**
 * Writes objects in the order in which they are made, one document each: lists are taken apart, anchors are
 * resolved. A Secret is not printed, but the line that makes it.
 */
export function toManifests(objects: GivenObject[]): Printed {
  const notices: Notice[] = [];
  const texts = inOrderOfKinds(objects).flatMap(({ apiVersion, kind, name, namespace, manifest, at }): string[] => {
    if (kind === "Secret" && apiVersion === "v1") {
      const { data = {}, stringData = {} } = manifest as Record<string, object>;
      const keys = [...new Set([...Object.keys(data), ...Object.keys(stringData)])];
      notices.push(
        warning(
          at,
          say`is a Secret and is not printed: make it with \`${makes(name, namespace, keys, manifest.type)}\``,
        ),
      );
      return [];
    }
    const open = [...new Set(openSecrets(manifest))];
    if (open.length === 0) return [render(manifest)];
    const secret = `${name}-env`;
    const command = makes(secret, namespace, open);
    const text =
      open.length === 1
        ? say`${open[0]} is a secret and is not printed: make a Secret first with \`${command}\``
        : say`${both(open)} are secrets and are not printed: make a Secret first with \`${command}\``;
    notices.push(warning(at, text));
    return [render(withoutOpen(manifest, secret) as object)];
  });
  return { text: texts.join("---\n"), notices };
}
