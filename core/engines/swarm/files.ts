import { createHash, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { say } from "../../description/say";
import { isLate, lift } from "../../pulumi/outputs";
import { ArgumentError } from "../../description/errors";
import type { FileSpec } from "../../description/files";
import { ownerLabels } from "../owner";
import { type Session, toLabels } from "../dockerApi/session";
import { swarmSessionFor } from "./session";

/** A secret or config whose content may arrive late. */
export type LateFile = Omit<FileSpec, "content"> & { content?: pulumi.Input<string> };
export type Kind = "secrets" | "configs";

/** Bytes that Swarm takes for one. */
const LIMIT = 500 * 1024;

/** Digits of a digest in a name. So few fit many secrets, so that a name does not tell which guess is right. */
const SECRET_DIGITS = 8;
const CONFIG_DIGITS = 12;

/** Reads the files of the host now: Swarm keeps the text, and nodes do not have the file. */
export function readFiles(files: LateFile[], kind: Kind): LateFile[] {
  return files.map((file, index) => {
    const { file: path } = file;
    const at = `${kind}[${index}]`;
    let content: pulumi.Input<string> | undefined = file.content;
    if (path !== undefined) {
      try {
        content = readFileSync(path, "utf8");
      } catch (error) {
        throw new ArgumentError(
          at,
          say`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`,
          say`create it first`,
        );
      }
    }
    if (!isLate(content)) checkSize(content as string, at);
    return { ...file, file: undefined, content };
  });
}

function checkSize(content: string, at: string): void {
  const bytes = Buffer.byteLength(content);
  if (bytes > LIMIT)
    throw new ArgumentError(
      at,
      say`${bytes} bytes are more than Swarm keeps (${LIMIT})`,
      say`mount a volume or a folder`,
    );
  if (bytes === 0) throw new ArgumentError(at, say`is empty, which Swarm refuses`, say`give it a text`);
}

/**
 * A name that changes with the content, so that a new version can stand beside the old one until no task uses that.
 * A plain digest of a short password would give it away to everybody who may list names.
 *
 * @param salt keeps equal secrets of two stacks apart
 */
export function fileName(prefix: string, content: string, kind: Kind, salt: string): string {
  const digest =
    kind === "secrets"
      ? scryptSync(content, `berth\0${salt}\0${prefix}`, 32, { N: 2 ** 14 })
          .toString("hex")
          .slice(0, SECRET_DIGITS)
      : createHash("sha256").update(content).digest("hex").slice(0, CONFIG_DIGITS);
  // Swarm takes names of up to 64 characters.
  return `${prefix.replace(/[^\w.-]/g, "_").slice(0, 63 - digest.length)}-${digest}`;
}

/** Makes the secrets or configs of a service. The content of a secret is secret in the state, too. */
export function makeFiles(
  files: LateFile[],
  kind: Kind,
  {
    session,
    name,
    parent,
    after,
  }: { session: Session; name: string; parent: pulumi.Resource; after: pulumi.Output<unknown> },
): { resource: pulumi.CustomResource; reference: pulumi.Input<{ id: string; name: string; file: FileSpec }> }[] {
  const { owner } = session;
  const { reclaimFile } = swarmSessionFor(session);
  return files.map(({ content = "", ...file }) => {
    const text = pulumi.all([content, after]).apply(([known]) => known);
    const named = pulumi.unsecret(
      text.apply((known) => fileName(`${name}-${file.source}`, known, kind, `${owner.stack}\0${owner.owner}`)),
    );
    const data = text.apply((known) => Buffer.from(known).toString("base64"));
    const labels = toLabels(ownerLabels(owner, name));
    const logical = `${name}-${file.source}`;
    const options = {
      parent,
      provider: session.shared().provider,
      // Else the provider has the old one deleted first, which the service still uses.
      deleteBeforeReplace: false,
      hooks: reclaimFile && { beforeCreate: [reclaimFile] },
    };
    const resource =
      kind === "secrets"
        ? new docker.Secret(logical, { name: named, data: pulumi.secret(data), labels }, options)
        : new docker.ServiceConfig(logical, { name: named, data, labels }, options);
    const reference = lift({ id: resource.id, name: resource.name }, ({ id, name: own }) => ({ id, name: own, file }));
    return { resource, reference };
  });
}
