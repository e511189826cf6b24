import { existsSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import type { Notice } from "../core/description/project";
import { say } from "../core/description/say";
import { type ManifestText, projectOfObjects, readManifestFiles, readManifests } from "../core/readers/kubernetes";
import type { GivenObject } from "../core/mapping/kubernetes/given";
import type { Printed } from "../core/writers/printed";
import { HOME, placeOfProject } from "./project";
import { type Form, formOf, show, showNotices } from "./show";
import { UsageError } from "./usageError";

export interface FromKubernetesOptions {
  to?: string;
  projectName?: string;
}

/** What is asked for most is said by the name of the only file or folder. */
function projectNameOf(files: string[], objects: GivenObject[]): string {
  const [file] = files;
  const plain = file === "-" ? "" : basename(resolve(file!), extname(file!));
  const apps = objects.filter(({ kind }) => /^(?:Deployment|StatefulSet|DaemonSet|Pod|Job)$/.test(kind));
  const name = files.length === 1 && plain ? plain : apps.length === 1 ? apps[0]!.name : "setup";
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, "-")
      .replace(/^[^a-z0-9]+|-+$/g, "") || "setup"
  );
}

/** `berth from-kubernetes`: manifests as files, folders, or on standard input. */
export async function fromKubernetes(files: string[], given: FromKubernetesOptions): Promise<number> {
  const form = formOf(given.to, "typescript");
  if (files.filter((file) => file === "-").length > 1) throw new UsageError(say`-: standard input is there once`);
  await showManifests(readManifestFiles(files), form, { files, name: given.projectName });
  return 0;
}

/** Shows objects of manifests in a form, and what there is to say about them on standard error. */
export async function showManifests(
  texts: ManifestText[],
  form: Form,
  { files, name }: { files: string[]; name?: string },
): Promise<void> {
  const { objects, notices } = readManifests(texts);
  const project = name ?? projectNameOf(files, objects);
  if (form === "compose" || form === "run") {
    const described = projectOfObjects(objects, project);
    described.project.notices.unshift(...notices.filter(({ at }) => !at.startsWith("namespace ")));
    await show(described.project, form, process.cwd(), described.secretNames);
    return;
  }
  const printed = form === "kubernetes" ? await manifests(objects) : await program(project, objects);
  print([...notices, ...printed.notices]);
  process.stdout.write(printed.text);
}

const manifests = async (objects: GivenObject[]): Promise<Printed> =>
  (await import("../core/writers/manifests")).toManifests(objects);

async function program(project: string, objects: GivenObject[]): Promise<Printed> {
  const { toClusterProgram } = await import("../core/writers/clusterProgram");
  const { own, file } = placeOfProject();
  const taken = (name: string) => existsSync(join(HOME, "stacks", `${name}.ts`));
  return toClusterProgram(project, objects, { folder: process.cwd(), package: own || !file, taken });
}

function print(notices: Notice[]): void {
  showNotices(notices);
}
