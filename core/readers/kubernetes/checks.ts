import { say } from "../../description/say";
import { show } from "../../description/errors";
import { nearest } from "../../description/nearest";
import { type GivenManifest, podPath, valueAt } from "../../mapping/kubernetes/given";
import { knownKind } from "../../mapping/kubernetes/kinds";

type Path = (string | number)[];

/** Refuses what stands at a path. */
export type Refuse = (path: Path, problem: string, remedy: string) => never;

/** `spec.containers[0].image`. */
export const formatPath = (path: Path): string =>
  path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      const shown = /^[\w-]+$/.test(step) ? step : JSON.stringify(step);
      return index ? `.${shown}` : shown;
    })
    .join("");

const isMapping = (value: unknown): value is GivenManifest =>
  value !== null && typeof value === "object" && !Array.isArray(value);
const isNothing = (value: unknown) => value === undefined || value === null;

/** What the API server would refuse because YAML has read something else than was meant. */
class Checker {
  constructor(
    private readonly manifest: GivenManifest,
    private readonly refuse: Refuse,
  ) {}

  private at = (path: Path) => valueAt(this.manifest, path);

  text(path: Path): void {
    const value = this.at(path);
    if (isNothing(value) || typeof value === "string") return;
    if (typeof value === "object") this.refuse(path, say`${show(value)} is not text`, say`write one value`);
    const quoted = typeof value === "boolean" ? say`a true or false to YAML` : say`a number to YAML`;
    this.refuse(
      path,
      say`${String(value)} is ${quoted}, and text is needed`,
      say`put it in quotes: "${String(value)}"`,
    );
  }

  integer(path: Path): void {
    const value = this.at(path);
    if (isNothing(value) || (typeof value === "number" && Number.isInteger(value))) return;
    const bare = typeof value === "string" && /^\d+$/.test(value);
    this.refuse(
      path,
      say`${show(value)} is not a whole number`,
      bare ? say`write ${value} without quotes` : say`write a number`,
    );
  }

  mapping(path: Path): boolean {
    const value = this.at(path);
    if (isNothing(value)) return false;
    if (isMapping(value)) return true;
    return this.refuse(path, say`${show(value)} is not an object with fields`, say`indent its fields below it`);
  }

  list(path: Path): Path[] {
    const value = this.at(path);
    if (isNothing(value)) return [];
    if (Array.isArray(value)) return value.map((_, index) => [...path, index]);
    return this.refuse(path, say`${show(value)} is not a list`, say`begin each item with a dash`);
  }

  /** A map of texts, such as labels. */
  texts(path: Path): void {
    if (this.mapping(path)) for (const key of Object.keys(this.at(path) as object)) this.text([...path, key]);
  }

  pod(path: Path): void {
    const spec = [...path, "spec"];
    if (!isMapping(this.at(spec))) {
      if (path.length === 0 || this.mapping(path))
        this.refuse(spec, say`is missing`, say`a pod has a spec with its containers`);
      this.refuse(path, say`is missing`, say`describe the pod there: metadata and spec`);
    }
    this.metadata([...path, "metadata"]);
    this.texts([...spec, "nodeSelector"]);
    if (isNothing(this.at([...spec, "containers"]))) {
      const near = nearest("containers", Object.keys(this.at(spec) as object));
      this.refuse(
        spec,
        say`has no containers`,
        near ? say`write containers where ${near} is` : say`name one container`,
      );
    }
    for (const field of ["containers", "initContainers"])
      for (const container of this.list([...spec, field])) this.container(container);
    for (const volume of this.list([...spec, "volumes"])) if (this.mapping(volume)) this.text([...volume, "name"]);
  }

  private container(path: Path): void {
    if (!this.mapping(path)) this.refuse(path, say`is empty`, say`give the container a name and an image`);
    if (isNothing(this.at([...path, "name"])))
      this.refuse([...path, "name"], say`is missing`, say`name each container`);
    for (const field of ["name", "image", "imagePullPolicy", "workingDir"]) this.text([...path, field]);
    const [hole] = /\{\{[^}]*\}\}|\$\{[^}]*\}/.exec(String(this.at([...path, "image"]) ?? "")) ?? [];
    if (hole !== undefined)
      this.refuse(
        [...path, "image"],
        say`${hole} stands for something else`,
        say`put the image that you want in its place`,
      );
    for (const field of ["command", "args"]) for (const word of this.list([...path, field])) this.text(word);
    for (const variable of this.list([...path, "env"])) {
      if (!this.mapping(variable) || isNothing(this.at([...variable, "name"])))
        this.refuse(variable, say`has no name`, say`write - name: NAME, and its value in the row below`);
      this.text([...variable, "name"]);
      this.text([...variable, "value"]);
    }
    for (const port of this.list([...path, "ports"])) {
      if (!this.mapping(port) || isNothing(this.at([...port, "containerPort"])))
        this.refuse(port, say`names no port`, "write - containerPort: 80");
      this.integer([...port, "containerPort"]);
      this.integer([...port, "hostPort"]);
      this.text([...port, "name"]);
    }
    for (const mount of this.list([...path, "volumeMounts"]))
      if (this.mapping(mount)) for (const field of ["name", "mountPath"]) this.text([...mount, field]);
    this.list([...path, "envFrom"]);
  }

  metadata(path: Path): void {
    if (!this.mapping(path)) return;
    for (const field of ["name", "namespace"]) this.text([...path, field]);
    for (const field of ["labels", "annotations"]) this.texts([...path, field]);
  }

  object(): void {
    const { apiVersion, kind } = this.manifest as { apiVersion: string; kind: string };
    this.metadata(["metadata"]);
    const known = knownKind(apiVersion, kind);
    const odd = known && Object.keys(this.manifest).find((field) => !known.fields.includes(field));
    if (odd !== undefined) {
      const guess = nearest(odd, known!.fields);
      this.refuse(
        [odd],
        say`is not a field of a ${kind}`,
        guess ? say`write ${guess}` : say`use ${known!.fields.slice(2).join(", ")}`,
      );
    }
    if (known?.fields.includes("spec") && !["Namespace", "Node"].includes(kind)) {
      if (isNothing(this.manifest.spec)) this.refuse(["spec"], say`is missing`, say`say there what the ${kind} is`);
      this.mapping(["spec"]);
    }
    const pod = podPath(this.manifest as { apiVersion: string; kind: string });
    if (pod) this.pod(pod);
    if (isMapping(this.manifest.spec)) this.integer(["spec", "replicas"]);
    if (apiVersion === "v1" && (kind === "ConfigMap" || kind === "Secret")) this.content(kind);
    if (apiVersion === "v1" && kind === "Service") this.service();
  }

  private content(kind: string): void {
    this.texts(["data"]);
    this.texts([kind === "Secret" ? "stringData" : "binaryData"]);
    const field = kind === "Secret" ? "data" : "binaryData";
    for (const [key, value] of Object.entries((this.manifest[field] ?? {}) as Record<string, string>)) {
      const plain = String(value ?? "").replace(/\s/g, "");
      if (/^[A-Za-z0-9+/]*={0,2}$/.test(plain) && plain.length % 4 === 0) continue;
      const remedy = kind === "Secret" ? say`write it under stringData, which takes plain text` : say`encode it`;
      this.refuse([field, key], say`is not base64`, remedy);
    }
  }

  private service(): void {
    this.texts(["spec", "selector"]);
    for (const port of this.list(["spec", "ports"])) {
      if (!this.mapping(port) || isNothing(this.at([...port, "port"])))
        this.refuse(port, say`names no port`, "write - port: 80");
      for (const field of ["port", "nodePort"]) this.integer([...port, field]);
    }
  }
}

/** Refuses what the API server would refuse because of the way it is written. */
export const checkManifest = (manifest: GivenManifest, refuse: Refuse): void => new Checker(manifest, refuse).object();
