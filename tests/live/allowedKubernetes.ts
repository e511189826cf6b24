import type { AllowedDifference } from "./allowedDifferences";

/** All differences from the documented manifest, as `kubectl apply` gives it, that the live tests accept. */
export const ALLOWED_IN_CLUSTER: AllowedDifference[] = [
  {
    path: /^metadata\.annotations\[berth\.(stack|owner|component)\]$/,
    why: "berth marks what it made, to find it again after an apply that was cut off",
  },
  {
    path: /^metadata\.annotations\[pulumi\.com\/patchFieldManager\]$/,
    stack: "berth",
    why: "the provider would call itself something else after a killed apply, and could not take away what that one set",
  },
  {
    path: /^metadata\.annotations\[kubectl\.kubernetes\.io\/last-applied-configuration\]$/,
    why: "kubectl's own memory of what it applied; the provider's is Pulumi's state",
  },
  {
    path: /^metadata\.annotations\[pulumi\.com\/skipAwait\]$/,
    stack: "true",
    why: "whether pods answer is the Deployment's matter, and the provider would wait 10 s more for its Service",
    rows: ["G2"],
  },
  {
    path: /^spec\.(containers\[0\]\.volumeMounts|volumes)\[0\]\.name$/,
    why: "the cluster adds the token of the service account, in a volume with a generated name",
    rows: ["G5"],
  },
  { path: /^spec\.clusterIPs?(\[0\])?$/, why: "the cluster picks an address", rows: ["G2"] },
];
