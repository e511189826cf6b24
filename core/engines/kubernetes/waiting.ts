import type { Manifest } from "../../mapping/kubernetes/manifest";

/** An object for which the provider does not wait after it is made. */
export function withoutWaiting<M extends Manifest>(manifest: M): M {
  const metadata = manifest.metadata as { annotations?: Record<string, string> };
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, "pulumi.com/skipAwait": "true" } },
  };
}
