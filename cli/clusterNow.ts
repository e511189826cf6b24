import type { Owner } from "../core/engines/owner";
import type { Group, Place } from "./stackNow";
import type { StackConfig } from "./stackConfig";

export async function clusterPlace(_group: Group, _owner: Owner, _config: StackConfig): Promise<Place> {
  throw new Error("berth status does not know clusters yet; use `kubectl get deployments`");
}
