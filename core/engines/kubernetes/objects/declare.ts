import * as pulumi from "@pulumi/pulumi";
import type { EnvVarSource } from "kubernetes-types/core/v1";
import { say } from "../../../description/say";
import { makeObject, type ManifestOf, urnOf } from "../object";
import type { Manifest } from "../../../mapping/kubernetes/manifest";
import { type ClusterSession, clusterProviderOf, clusterSessionFor } from "../session";
import { isLate } from "../../../pulumi/outputs";
import { ArgumentError, checkFields } from "../../../description/errors";
import type { Inputs } from "../../../description/types";
import { asLabelName, labelName, labels } from "../../../mapping/kubernetes/checks";
import { objectOf, type WhenKnown, whenKnown } from "./values";
import { merge } from "./patch";

/** Something that stands for a namespace of the cluster: its name, and what has to stand before it can be used. */
export interface NamespaceReference {
  /** Name on the cluster. */
  readonly namespaceName: string;
  /** What has to stand first. */
  readonly object: pulumi.Resource;
}

/** The namespace of an object, by name or by the component that makes it. */
export type NamespaceInput = pulumi.Input<string> | NamespaceReference;

const isReference = (value: NamespaceInput | undefined): value is NamespaceReference =>
  pulumi.Resource.isInstance(value);

/** Objects that a component is about to make, and what has been checked of them. */
export class Declaration {
  readonly session: ClusterSession;
  readonly whenKnown: WhenKnown;
  /** Namespace of the objects; undefined is that of the provider. */
  readonly namespace?: pulumi.Input<string>;
  private readonly dependsOn: pulumi.Resource[] = [];
  private readonly checks: unknown[] = [];
  private readonly owners: ((component: pulumi.Input<string>) => unknown)[] = [];
  private readonly secrets: Record<string, pulumi.Output<string>> = {};
  private nameSecret!: (name: pulumi.Output<string>) => void;
  /** Known when the Secret is made, after everything has been checked. */
  private readonly secretName = pulumi.output(
    new Promise<pulumi.Output<string>>((resolve) => {
      this.nameSecret = resolve;
    }),
  );

  constructor(
    private readonly component: string,
    private readonly report: <R>(run: () => R) => R,
    namespace: NamespaceInput | undefined,
    opts: pulumi.ComponentResourceOptions,
  ) {
    this.session = clusterSessionFor(clusterProviderOf(opts));
    this.whenKnown = whenKnown(report);
    if (isReference(namespace)) {
      this.namespace = namespace.namespaceName;
      this.dependsOn.push(namespace.object);
    } else if (namespace !== undefined) {
      this.namespace = this.whenKnown(namespace, (name) => void labelName(name, "namespace"));
    }
  }

  /** An object with the marks of its stack, the user's own part laid over it. */
  object<Version extends string, Kind extends string>(
    manifest: ManifestOf<Version, Kind>,
    patch: unknown,
    argument: string,
  ): ManifestOf<Version, Kind> {
    const { annotations, ...metadata } = manifest.metadata as Record<string, unknown>;
    const marks = { ...(annotations as object | undefined), ...this.session.annotations };
    const marked = { ...manifest, metadata: { ...metadata, namespace: this.namespace, annotations: marks } };
    if (patch === undefined) return marked;
    const what = say`part of a ${manifest.kind}`;
    const over: Partial<Manifest> = objectOf(patch as object, argument, what);
    checkFields(over, Object.keys(manifest), argument, say`a ${manifest.kind}`);
    for (const key of ["metadata", "spec"])
      if (over[key] !== undefined) objectOf(over[key] as object, `${argument}.${key}`, what);
    for (const key of ["apiVersion", "kind"] as const)
      if (over[key] !== undefined && over[key] !== manifest[key])
        throw new ArgumentError(
          `${argument}.${key}`,
          say`this is a ${manifest.apiVersion} ${manifest.kind}`,
          say`remove it`,
        );
    for (const key of ["name", "namespace"])
      if ((over.metadata as Record<string, unknown> | undefined)?.[key] !== undefined)
        throw new ArgumentError(
          `${argument}.metadata.${key}`,
          say`has an argument of its own`,
          say`use ${key} of the component`,
        );
    return merge(marked, patch) as ManifestOf<Version, Kind>;
  }

  /** Has pods read a value from the Secret of this component. */
  readonly keepSecret = (key: string, value: pulumi.Input<string>): Inputs<EnvVarSource> => {
    this.secrets[key] = pulumi.secret(value).apply((text) => Buffer.from(text).toString("base64"));
    return { secretKeyRef: { name: this.secretName, key } };
  };

  /**
   * Makes the Secret with the values that were kept, where there are some. The provider completes its name by chance:
   * where a value is another it makes a new one, and the pods, which read the new name, are rolled. Kubernetes does
   * not see to that by itself, and a digest of a short password would give it away.
   */
  makeSecret(options: pulumi.CustomResourceOptions): void {
    if (Object.keys(this.secrets).length === 0) return;
    const logicalName = `${asLabelName(this.component) || "app"}-env`;
    const metadata = { namespace: this.namespace, annotations: this.session.annotations };
    const manifest: ManifestOf<"v1", "Secret"> = { apiVersion: "v1", kind: "Secret", metadata, data: this.secrets };
    const secret = makeObject(logicalName, manifest, options);
    this.nameSecret(secret.metadata.apply((made) => made?.name ?? logicalName));
  }

  /** Labels of an object; their values may arrive late. */
  labels(given: Record<string, pulumi.Input<string>> | undefined) {
    if (given === undefined) return undefined;
    return this.whenKnown(objectOf(given, "labels", say`a map of labels`), (all) => void labels(all, "labels"));
  }

  /** Checks what may arrive late; where it fails, nothing of the component is made. */
  check<T>(value: T, run: (plain: pulumi.Unwrap<T>) => void): void {
    if (isLate(value)) this.checks.push(this.whenKnown(value, run));
    else this.report(() => run(value as pulumi.Unwrap<T>));
  }

  /** Refuses objects that are there already, and ports that are taken. */
  claim(manifest: Manifest, argument?: (port: number) => string): void {
    const { apiVersion, kind, metadata, spec } = manifest;
    const { name, namespace } = metadata as { name: string; namespace?: pulumi.Input<string> };
    const ports = kind === "Service" ? (spec as { ports?: unknown }).ports : undefined;
    const plainly = (known: { namespace?: string; ports?: unknown }): Manifest => ({
      apiVersion,
      kind,
      metadata: known.namespace === undefined ? { name } : { name, namespace: known.namespace },
      spec: { ports: known.ports },
    });
    this.check({ namespace, ports }, (known) => this.session.claim(plainly(known), this.component, argument));
    if (this.session.client) this.owners.push((component) => this.checkOwner(plainly, component, namespace));
  }

  private checkOwner(
    plainly: (known: { namespace?: string }) => Manifest,
    component: pulumi.Input<string>,
    late?: pulumi.Input<string>,
  ) {
    return pulumi.all([component, late]).apply(async ([urn, namespace]) => {
      const refused = await this.session.checkOwner(plainly({ namespace }), urn).catch((error: unknown) => error);
      if (refused !== undefined)
        this.report(() => {
          throw refused;
        });
    });
  }

  /** Options of the component's objects. */
  options(parent: pulumi.Resource): pulumi.CustomResourceOptions {
    // Each once, with the first of the objects.
    this.checks.push(...this.owners.splice(0).map((check) => check(urnOf(parent))));
    const checks = this.checks;
    return {
      parent,
      dependsOn: checks.length ? pulumi.all(checks).apply(() => this.dependsOn) : this.dependsOn,
    };
  }
}

/** The namespace that objects came to stand in. */
export const namespaceOf = (object: { metadata: pulumi.Output<{ namespace?: string }> }, standard: string) =>
  object.metadata.apply(({ namespace }) => namespace ?? standard);

/** A name, known where the object stands that carries it; a preview knows it at once. */
export const nameOnceMade = (name: string, object: pulumi.Resource): pulumi.Output<string> =>
  pulumi.all([name, object.urn]).apply(([known]) => known);
