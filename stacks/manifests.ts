import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../core/description/errors";
import { applyManifests } from "../core/engines/kubernetes/manifests";
import type { GivenObject } from "../core/mapping/kubernetes/given";
import { berthSetting } from "../core/pulumi/settings";
import { readManifestFiles, readManifests } from "../core/readers/kubernetes";
import { flag, list, readSettings } from "./lib/settings";
import { say } from "../core/description/say";

export const settings = {
  manifests: list([], say`Manifests to apply, as paths of files or folders`),
  wait: flag(true, say`Wait until pods answer and jobs have ended; otherwise end as \`kubectl apply\` does`),
};

export const namespace = "berth";
export const sample = { "berth:manifests": JSON.stringify([join(__dirname, "manifests")]) };

/** Shows what is wrong in a file as one sentence. */
function inFiles<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    throw new pulumi.RunError(say`berth:manifests: ${error.message}`);
  }
}

/** Where a Service is reached from outside, as far as its manifest says it. */
function urlsOf(objects: GivenObject[]): Record<string, string> {
  const node = berthSetting("nodeAddress") ?? "localhost";
  const found = objects.flatMap(({ kind, name, manifest }): [string, string][] => {
    const [port] = (kind === "Service" && manifest.spec.ports) || [];
    return port?.nodePort ? [[name, `http://${node}:${port.nodePort}`]] : [];
  });
  return Object.fromEntries(found);
}

/** Whatever manifests of Kubernetes describe, as `kubectl apply -f` takes it; which ones is said in the stack's settings. */
export function program() {
  const { manifests, wait } = readSettings(namespace, settings);
  if (manifests.length === 0)
    throw new pulumi.RunError(
      say`berth:manifests: names no file; add one with \`pulumi config set --path 'berth:manifests[0]' app.yaml\`.`,
    );
  return inFiles(() => {
    const { objects, notices } = readManifests(readManifestFiles(manifests, { input: false }));
    for (const { level, at, text } of notices)
      if (!at.startsWith("namespace ")) void pulumi.log[level === "note" ? "info" : "warn"](say`${at}: ${text}`);
    const made = applyManifests(objects, { wait });
    return { objects: [...made.keys()].map(({ at }) => at), urls: urlsOf(objects) };
  });
}
