import type { Manifest } from "./object";

/** An object for which the provider does not wait after it is made. */
export function withoutWaiting(manifest: Manifest): Manifest {
  const metadata = manifest.metadata as { annotations?: Record<string, string> };
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, "pulumi.com/skipAwait": "true" } },
  };
}
