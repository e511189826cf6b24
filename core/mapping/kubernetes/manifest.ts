import type { ObjectMeta } from "kubernetes-types/meta/v1";
import type { Inputs } from "../../description/types";

/** An object as `kubectl apply` takes it. Everything but its kind may arrive late. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Inputs<ObjectMeta>;
  [field: string]: unknown;
}
