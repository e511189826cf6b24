import * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../../description/errors";
import { type ClusterObject, makeObject } from "./object";
import { say } from "../../description/say";
import type { Manifest } from "../../mapping/kubernetes/manifest";
import type { ClusterSession } from "./session";
import { withoutWaiting } from "./waiting";
import { type Claim, oneNode, sameName } from "../../mapping/kubernetes/volumes";

interface SharedClaim extends Claim {
  keepData: boolean;
  by: string;
  resource?: ClusterObject;
}

/** What cannot be changed without losing the data. The size is not among it: a disk can grow. */
const IMMUTABLE = ["spec.accessModes", "spec.storageClassName"];

/** The claims of one program on one cluster; each is made once, however many services mount it. */
export class SharedClaims {
  private readonly claims = new Map<string, SharedClaim>();

  constructor(private readonly session: ClusterSession) {}

  private key(claim: Claim, namespace: string | undefined): string {
    return [namespace ?? "", claim.name].join("/");
  }

  /**
   * Notes that a service mounts a claim. Runs before anything is made.
   *
   * @throws ArgumentError where another service says something else about it
   */
  check(claim: Claim & { manifest?: Manifest }, namespace: string | undefined, keepData: boolean, by: string): void {
    const key = this.key(claim, namespace);
    const other = this.claims.get(key);
    if (!other) {
      if (claim.manifest) this.session.claim(claim.manifest, by);
      this.claims.set(key, { ...claim, keepData, by });
      return;
    }
    if (other.source !== claim.source) throw sameName(claim, other.source);
    if (other.keepData !== keepData)
      throw new ArgumentError(
        "removeData",
        say`${by} and ${other.by} share the volume ${claim.source} but disagree about its data`,
        say`set removeData on both or on neither`,
      );
    if (JSON.stringify(other.spec) !== JSON.stringify(claim.spec))
      throw new ArgumentError(
        `kubernetes.volumes.${claim.source}`,
        say`${by} and ${other.by} share the volume but describe different claims`,
        say`say the same of it in both`,
      );
    const warning = oneNode(claim, other.by);
    if (warning) void pulumi.log.warn(say`${by}: ${warning}`);
  }

  /**
   * The claim's object, once per program; undefined where the claim is there already. Its data outlives destroy and
   * replacement unless `keepData` is false, and the next `up` finds it again by its name.
   *
   * @param gate fails where something about the service is refused
   */
  make(
    claim: Claim & { manifest?: Manifest },
    namespace: string | undefined,
    keepData: boolean,
    provider: pulumi.ProviderResource | undefined,
    gate: pulumi.Output<unknown> | undefined,
  ): ClusterObject | undefined {
    if (!claim.manifest) return undefined;
    const shared = this.claims.get(this.key(claim, namespace))!;
    // A disk may be made only when the first pod wants it, so nobody waits for the claim itself.
    shared.resource ??= makeObject(
      namespace === undefined ? claim.name : `${namespace}-${claim.name}`,
      withoutWaiting(claim.manifest),
      { provider, dependsOn: gate?.apply(() => []), retainOnDelete: keepData, ignoreChanges: IMMUTABLE },
    );
    return shared.resource;
  }
}

const registries = new WeakMap<ClusterSession, SharedClaims>();

/** The claims of a session. */
export function claimsOf(session: ClusterSession): SharedClaims {
  const registry = registries.get(session) ?? new SharedClaims(session);
  registries.set(session, registry);
  return registry;
}
