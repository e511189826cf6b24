/*
 * The kinds that every cluster knows, in the versions that are there to stay. What is not here is a kind of a
 * CustomResourceDefinition, or one that is still an alpha or beta: the SDK has a class for all of those together.
 */

/** Kinds by apiVersion. In brackets stand the fields of a kind beside metadata, where it is not spec and status. */
const TABLE: Record<string, string> = {
  v1:
    "Binding(target) ConfigMap(binaryData,data,immutable) Endpoints(subsets) LimitRange Namespace Node PersistentVolume " +
    "PersistentVolumeClaim Pod PodTemplate(template) ReplicationController ResourceQuota " +
    "Secret(data,immutable,stringData,type) Service ServiceAccount(automountServiceAccountToken,imagePullSecrets,secrets)",
  "admissionregistration.k8s.io/v1":
    "MutatingWebhookConfiguration(webhooks) ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding " +
    "ValidatingWebhookConfiguration(webhooks)",
  "apiextensions.k8s.io/v1": "CustomResourceDefinition",
  "apiregistration.k8s.io/v1": "APIService",
  "apps/v1": "ControllerRevision(data,revision) DaemonSet Deployment ReplicaSet StatefulSet",
  "autoscaling/v1": "HorizontalPodAutoscaler",
  "autoscaling/v2": "HorizontalPodAutoscaler",
  "batch/v1": "CronJob Job",
  "certificates.k8s.io/v1": "CertificateSigningRequest",
  "coordination.k8s.io/v1": "Lease",
  "discovery.k8s.io/v1": "EndpointSlice(addressType,endpoints,ports)",
  "flowcontrol.apiserver.k8s.io/v1": "FlowSchema PriorityLevelConfiguration",
  "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
  "node.k8s.io/v1": "RuntimeClass(handler,overhead,scheduling)",
  "policy/v1": "PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1":
    "ClusterRole(aggregationRule,rules) ClusterRoleBinding(roleRef,subjects) Role(rules) RoleBinding(roleRef,subjects)",
  "scheduling.k8s.io/v1": "PriorityClass(description,globalDefault,preemptionPolicy,value)",
  "storage.k8s.io/v1":
    "CSIDriver CSINode CSIStorageCapacity(capacity,maximumVolumeSize,nodeTopology,storageClassName) " +
    "StorageClass(allowVolumeExpansion,allowedTopologies,mountOptions,parameters,provisioner,reclaimPolicy,volumeBindingMode) " +
    "VolumeAttachment",
};

/** A kind that every cluster knows. */
export interface Kind {
  apiVersion: string;
  kind: string;
  /** Its fields, those of every object included. */
  fields: string[];
  /** Where the SDK has its class: `apps/v1/deployment`. */
  module: string;
}

/** The SDK's files are named after their kinds, of which a few begin with several capital letters. */
const FILES: Record<string, string> = {
  APIService: "apiservice",
  CSIDriver: "csidriver",
  CSINode: "csinode",
  CSIStorageCapacity: "csistorageCapacity",
};

const kinds = new Map<string, Kind>();
for (const [apiVersion, row] of Object.entries(TABLE))
  for (const [, kind = "", given] of row.matchAll(/(\w+)(?:\(([^)]*)\))?/g)) {
    const [group = "", version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
    const file = FILES[kind] ?? kind.charAt(0).toLowerCase() + kind.slice(1);
    kinds.set(`${apiVersion}/${kind}`, {
      apiVersion,
      kind,
      fields: ["apiVersion", "kind", "metadata", ...(given?.split(",") ?? ["spec", "status"])],
      module: `${group.split(".")[0]}/${version}/${file}`,
    });
  }

/** The kind, where every cluster knows it. */
export const knownKind = (apiVersion: string, kind: string): Kind | undefined => kinds.get(`${apiVersion}/${kind}`);

/** All kinds that every cluster knows. */
export const knownKinds = (): Kind[] => [...kinds.values()];

/** Pulumi's type of an object, as the SDK's classes have it: `kubernetes:core/v1:Service`. */
export const typeToken = (apiVersion: string, kind: string): string =>
  `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`;

/** Versions that are gone, with the version of Kubernetes that has them no more, and what is written instead. */
const GONE: [apiVersion: RegExp, kinds: RegExp, since: string, instead: string][] = [
  [/^extensions\/v1beta1$/, /^(?:Deployment|DaemonSet|ReplicaSet)$/, "1.16", "apps/v1"],
  [/^extensions\/v1beta1$/, /^NetworkPolicy$/, "1.16", "networking.k8s.io/v1"],
  [/^extensions\/v1beta1$/, /^Ingress$/, "1.22", "networking.k8s.io/v1"],
  [/^(?:extensions|policy)\/v1beta1$/, /^PodSecurityPolicy$/, "1.25", ""],
  [/^apps\/v1beta[12]$/, /./, "1.16", "apps/v1"],
  [/^networking\.k8s\.io\/v1beta1$/, /^Ingress(?:Class)?$/, "1.22", "networking.k8s.io/v1"],
  [/^rbac\.authorization\.k8s\.io\/v1(?:alpha|beta)1$/, /./, "1.22", "rbac.authorization.k8s.io/v1"],
  [/^batch\/v(?:1beta1|2alpha1)$/, /^CronJob$/, "1.25", "batch/v1"],
  [/^policy\/v1beta1$/, /^PodDisruptionBudget$/, "1.25", "policy/v1"],
  [/^autoscaling\/v2beta[12]$/, /./, "1.26", "autoscaling/v2"],
  [/^admissionregistration\.k8s\.io\/v1beta1$/, /Webhook/, "1.22", "admissionregistration.k8s.io/v1"],
  [/^apiextensions\.k8s\.io\/v1beta1$/, /./, "1.22", "apiextensions.k8s.io/v1"],
  [/^apiregistration\.k8s\.io\/v1beta1$/, /./, "1.22", "apiregistration.k8s.io/v1"],
  [/^certificates\.k8s\.io\/v1beta1$/, /^CertificateSigningRequest$/, "1.22", "certificates.k8s.io/v1"],
  [/^coordination\.k8s\.io\/v1beta1$/, /^Lease$/, "1.22", "coordination.k8s.io/v1"],
  [/^discovery\.k8s\.io\/v1beta1$/, /./, "1.25", "discovery.k8s.io/v1"],
  [/^events\.k8s\.io\/v1beta1$/, /./, "1.25", "events.k8s.io/v1"],
  [/^flowcontrol\.apiserver\.k8s\.io\/v1(?:alpha|beta)\d$/, /./, "1.32", "flowcontrol.apiserver.k8s.io/v1"],
  [/^node\.k8s\.io\/v1(?:alpha|beta)1$/, /./, "1.25", "node.k8s.io/v1"],
  [/^scheduling\.k8s\.io\/v1(?:alpha|beta)1$/, /^PriorityClass$/, "1.22", "scheduling.k8s.io/v1"],
  [/^storage\.k8s\.io\/v1beta1$/, /^(?:CSI|StorageClass|VolumeAttachment$)/, "1.22", "storage.k8s.io/v1"],
  [/^settings\.k8s\.io\/v1alpha1$/, /^PodPreset$/, "1.20", ""],
];

/** Where a kind of this version has gone; `instead` is empty where nothing has taken its place. */
export function goneKind(apiVersion: string, kind: string): { since: string; instead: string } | undefined {
  const row = GONE.find(([version, name]) => version.test(apiVersion) && name.test(kind));
  return row && { since: row[2], instead: row[3] };
}

/** Kinds that are in no namespace. Of a CustomResourceDefinition only its own text knows. */
const CLUSTER_WIDE =
  /^(?:Namespace|Node|PersistentVolume|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|StorageClass|PriorityClass|IngressClass|RuntimeClass|APIService|CSIDriver|CSINode|VolumeAttachment|VolumeAttributesClass|FlowSchema|PriorityLevelConfiguration|CertificateSigningRequest|ClusterTrustBundle|DeviceClass|ServiceCIDR|IPAddress|GatewayClass|ClusterIssuer|(?:Mutating|Validating)(?:WebhookConfiguration|AdmissionPolicy(?:Binding)?))$/;

/** Whether objects of a kind are in no namespace. */
export const isClusterWide = (kind: string): boolean => CLUSTER_WIDE.test(kind);
