// biome-ignore lint/suspicious/noExplicitAny: manifests of any kind.
type Manifest = any;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Annotations that berth and the provider add, and say so. */
const OWN = /^(?:berth\.|pulumi\.com\/)/;

/** Fields that mean the same where they are not written. */
function withoutDefaults(value: Manifest, field = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(item, field));
  if (!isRecord(value)) return value;
  const given = value as Manifest;
  const standard: Record<string, unknown> = { ...STANDARD[field] };
  if (field === "ports" && given.port !== undefined) standard.targetPort = given.port;
  const entries = Object.entries(given).flatMap(([key, item]): [string, unknown][] => {
    if (item === null || item === undefined || JSON.stringify(item) === JSON.stringify(standard[key])) return [];
    if (key === "annotations" && isRecord(item)) {
      const others = Object.entries(item).filter(([name]) => !OWN.test(name));
      return others.length ? [[key, Object.fromEntries(others.sort())]] : [];
    }
    const plain = withoutDefaults(item, key);
    if (isRecord(plain) && Object.keys(plain).length === 0 && key !== "emptyDir") return [];
    if (/^(?:requests|limits)$/.test(field)) return [[key, String(item)]];
    return [[key, plain]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const STANDARD: Record<string, Record<string, unknown>> = {
  ports: { protocol: "TCP" },
  httpGet: { path: "/" },
  metadata: { namespace: "default", labels: {} },
  strategy: { type: "RollingUpdate" },
  containers: { terminationMessagePath: "/dev/termination-log", terminationMessagePolicy: "File" },
  spec: {
    type: "ClusterIP",
    replicas: 1,
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    sessionAffinity: "None",
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 10,
  },
};

/** A Secret as the cluster keeps it: all of it in base64. */
function encoded({ stringData, data, ...rest }: Manifest): Manifest {
  const texts = Object.entries((stringData ?? {}) as Record<string, string>).map(
    ([key, text]) => [key, Buffer.from(text).toString("base64")] as const,
  );
  return { ...rest, data: { ...data, ...Object.fromEntries(texts) } };
}

/** A manifest in a form in which two that mean the same are equal. */
export const normalManifest = (manifest: Manifest): unknown =>
  withoutDefaults(manifest.kind === "Secret" ? encoded(manifest) : manifest);
