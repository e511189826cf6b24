// Manifests of many kinds, once by `kubectl apply`, once as the project that `berth init --from` writes, and once by the
// program `manifests`: what the API server has is compared field by field.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, PackedPackage } from "../packedPackage";
import { describeIf } from "../skips";
import { ALLOWED_IN_CLUSTER } from "./allowedKubernetes";
import { accepts, apply, cleanUpCluster, described, kubectl, live, missingCluster } from "./cluster";
import { differences, notAllowed } from "./compare";
import { PROJECT, ROOT, Stack, until } from "./liveStack";

cleanUpCluster();

const NAMESPACE = "berth-live-manifests";

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata:
  name: ${NAMESPACE}
  labels: { team: one }
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: { name: settings, namespace: ${NAMESPACE} }
    data:
      MODE: "test"
      nginx.conf: |
        server {
          listen 8080;
        }
  - apiVersion: v1
    kind: Secret
    metadata: { name: login, namespace: ${NAMESPACE} }
    stringData: { PASSWORD: hunter2 }
  - apiVersion: v1
    kind: ServiceAccount
    metadata: { name: worker, namespace: ${NAMESPACE} }
    automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: ${NAMESPACE} }
rules:
  - apiGroups: [""]
    resources: [pods, configmaps]
    verbs: [get, list]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader, namespace: ${NAMESPACE} }
subjects:
  - kind: ServiceAccount
    name: worker
    namespace: ${NAMESPACE}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: ${NAMESPACE}
  annotations: { note: "kept as it is" }
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector: { matchLabels: { app: web, tier: front } }
  strategy: { rollingUpdate: { maxSurge: 25%, maxUnavailable: 0 } }
  template:
    metadata: { labels: { app: web, tier: front } }
    spec:
      serviceAccountName: worker
      terminationGracePeriodSeconds: 1
      initContainers:
        - name: wait
          image: busybox
          command: ["true"]
      containers:
        - name: web
          image: nginx:1.8
          ports: [{ name: http, containerPort: 80 }]
          env:
            - { name: LEVEL, value: "3" }
            - name: PASSWORD
              valueFrom: { secretKeyRef: { name: login, key: PASSWORD } }
            - name: NODE
              valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
          envFrom: [{ configMapRef: { name: settings, optional: true } }]
          resources:
            requests: { cpu: 5m, memory: 8Mi }
            limits: { memory: 64Mi }
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
          volumeMounts:
            - { name: conf, mountPath: /etc/extra, readOnly: true }
            - { name: cache, mountPath: /cache }
        - name: beside
          image: busybox
          command: [sleep, "3600"]
          securityContext: { runAsUser: 1000, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
      volumes:
        - name: conf
          configMap: { name: settings, items: [{ key: nginx.conf, path: site.conf }] }
        - name: cache
          emptyDir: { sizeLimit: 16Mi }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: ${NAMESPACE} }
spec:
  type: NodePort
  selector: { app: web, tier: front }
  ports:
    - { name: http, port: 80, targetPort: http, nodePort: 32610 }
---
apiVersion: v1
kind: Service
metadata: { name: members, namespace: ${NAMESPACE} }
spec:
  clusterIP: None
  selector: { app: members }
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: members, namespace: ${NAMESPACE} }
spec:
  serviceName: members
  replicas: 1
  selector: { matchLabels: { app: members } }
  template:
    metadata: { labels: { app: members } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: member, image: busybox, command: [sleep, "3600"] }]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent, namespace: ${NAMESPACE} }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      terminationGracePeriodSeconds: 1
      tolerations: [{ operator: Exists }]
      containers: [{ name: agent, image: busybox, command: [sleep, "3600"] }]
---
apiVersion: batch/v1
kind: Job
metadata: { name: once, namespace: ${NAMESPACE} }
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: once, image: busybox, command: ["true"] }]
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: nightly, namespace: ${NAMESPACE} }
spec:
  schedule: "0 3 * * *"
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{ name: nightly, image: busybox, command: ["true"] }]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: members, namespace: ${NAMESPACE} }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: members }
  minReplicas: 1
  maxReplicas: 3
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 80 } } }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web, namespace: ${NAMESPACE} }
spec:
  minAvailable: 1
  selector: { matchLabels: { app: web } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web, namespace: ${NAMESPACE} }
spec:
  podSelector: { matchLabels: { app: members } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }] }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: ${NAMESPACE} }
spec:
  rules:
    - host: site.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: http } } } }] }
---
apiVersion: v1
kind: LimitRange
metadata: { name: small, namespace: ${NAMESPACE} }
spec:
  limits: [{ type: Container, default: { memory: 64Mi }, defaultRequest: { memory: 4Mi } }]
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: few, namespace: ${NAMESPACE} }
spec: { hard: { pods: "20" } }
`;

const OBJECTS: [kind: string, name: string][] = [
  ["namespace", NAMESPACE],
  ["configmap", "settings"],
  ["secret", "login"],
  ["serviceaccount", "worker"],
  ["role", "reader"],
  ["rolebinding", "reader"],
  ["deployment", "web"],
  ["service", "web"],
  ["service", "members"],
  ["statefulset", "members"],
  ["daemonset", "agent"],
  ["job", "once"],
  ["cronjob", "nightly"],
  ["hpa", "members"],
  ["pdb", "web"],
  ["networkpolicy", "web"],
  ["ingress", "web"],
  ["limitrange", "small"],
  ["resourcequota", "few"],
];

const SECTIONS = ["metadata", "spec", "data", "type", "rules", "roleRef", "subjects", "automountServiceAccountToken"];
/** A Job's pods are found by its uid; the name by which the program calls an object; a mark of kubectl's rollout. */
const OWN = [
  /(batch\.kubernetes\.io\/)?controller-uid\]$/,
  /^metadata\.annotations\[berth\.service\]$/,
  /^metadata\.annotations\[pulumi\.com\/skipAwait\]$/,
  /^spec\.clusterIPs?(\[0\])?$/,
];

const read = () => OBJECTS.map(([kind, name]) => live(kind, name, NAMESPACE));
const gone = () => !accepts("get", "namespace", NAMESPACE);

describeIf(missingCluster, "manifests of many kinds", () => {
  let packed: PackedPackage;
  let top: string;
  let byHand: ReturnType<typeof read>;

  beforeAll(async () => {
    packed = new PackedPackage();
    top = mkdtempSync(join(tmpdir(), "berth-live-manifests-"));
    writeFileSync(join(top, "app.yaml"), MANIFESTS);
    apply(MANIFESTS, NAMESPACE);
    kubectl("rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout", "90s");
    kubectl("wait", "--for", "condition=complete", "job/once", "-n", NAMESPACE, "--timeout", "90s");
    byHand = read();
    kubectl("delete", "-f", join(top, "app.yaml"), "--timeout", "120s");
    await until("what kubectl made is gone", gone, 60);
  }, 400_000);
  afterAll(() => {
    packed?.remove();
    if (top) rmSync(top, { recursive: true });
    if (!gone()) kubectl("delete", "namespace", NAMESPACE, "--timeout", "120s");
  }, 200_000);

  /** Applies it, compares every object, and takes it away. */
  async function equals(stack: Stack): Promise<void> {
    await stack.up();
    const found = read().flatMap((each, index) => {
      const all = differences(described(byHand[index]!), described(each), SECTIONS);
      const left = notAllowed("manifests", all, ALLOWED_IN_CLUSTER).filter(
        ({ path }) => !OWN.some((one) => one.test(path)),
      );
      return left.length ? [[OBJECTS[index]!.join(" "), left]] : [];
    });
    expect(found).toEqual([]);
    expect(await stack.changes(["--expect-no-changes"])).toEqual([]);
    expect(await stack.changes(["--refresh", "--expect-no-changes"])).toEqual([]);
    await stack.destroy();
    await until("destroy has taken all away", gone, 60);
  }

  test("as the project that berth init writes", async () => {
    const stack = await Stack.create("manifests-code", {
      secrets: { loginPassword: "hunter2" },
      make(folder) {
        const berth = join(ROOT, "cli/berth.js");
        must(process.execPath, [berth, "init", folder, "--from", join(top, "app.yaml"), "--name", PROJECT], ROOT);
        packed.install(folder);
        symlinkSync(join(top, "app.yaml"), join(folder, "app.yaml"));
      },
    });
    await equals(stack);
  }, 400_000);

  test("by the program manifests", async () => {
    await equals(await Stack.create("manifests", { config: { "berth:manifests": [join(top, "app.yaml")] } }));
  }, 400_000);
});
