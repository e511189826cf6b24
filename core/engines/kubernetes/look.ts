import type { ServiceList } from "kubernetes-types/core/v1";
import { ClusterClient } from "./client";
import { withLogin } from "./execLogin";
import { type ClusterAccess, clusterAccess, KubeconfigError } from "./kubeconfig";
import { say } from "../../description/say";

/** A node port that a service has. */
export interface NodePort {
  port: number;
  protocol: string;
  namespace: string;
  service: string;
  /** Of the service: they say whose it is. */
  annotations?: Record<string, string>;
}

/** What a cluster held when the program began. */
export interface ClusterSnapshot {
  /** Address of the API server. */
  server: string;
  /** Services with node ports. */
  nodePorts: NodePort[];
}

/** Settings of the Kubernetes provider that say where the cluster is. */
export interface ClusterSettings {
  kubeconfig?: string;
  context?: string;
  cluster?: string;
}

/** Why nothing is known of a cluster. */
type Unseen =
  /** Only the provider gets through. */
  | { warning: string; error?: undefined }
  /** There is no cluster to work with. */
  | { error: string };

/** What a cluster has, with the connection that it was asked over. */
export type ClusterVisit =
  | { client: ClusterClient; snapshot: ClusterSnapshot; warning?: undefined; error?: undefined }
  | Unseen;

/** The same without the connection, as plain data. */
export type ClusterLook =
  | { access: ClusterAccess; snapshot: ClusterSnapshot; warning?: undefined; error?: undefined }
  | Unseen;

const REMEDY = say`name one with KUBECONFIG, or \`pulumi config set kubernetes:kubeconfig\` and \`kubernetes:context\`; \`berth plan\` shows the plan without one`;

/** Asks a cluster what it has, and keeps the connection. */
export async function visit(settings: ClusterSettings): Promise<ClusterVisit> {
  let client: ClusterClient;
  try {
    client = new ClusterClient(await withLogin(clusterAccess(settings, process.env)));
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    return { error: say`No Kubernetes cluster is known: ${error.message}; ${REMEDY}.` };
  }
  const found = await ask(client);
  if ("nodePorts" in found) return { client, snapshot: found };
  client.close();
  return found;
}

/** Looks at a cluster once. */
export async function look(settings: ClusterSettings): Promise<ClusterLook> {
  const found = await visit(settings);
  if (!("client" in found)) return found;
  found.client.close();
  return { access: found.client.access, snapshot: found.snapshot };
}

async function ask(client: ClusterClient): Promise<ClusterSnapshot | Unseen> {
  const { access } = client;
  const where = say`${access.server} (context "${access.context}")`;
  // The provider takes up what is there, whoever made it.
  const byProvider = {
    warning: say`The cluster at ${access.server} is reached by the provider only: whose objects and node ports are there is not looked at, and objects of the same names are taken over.`,
  };
  try {
    const { status, body } = await client.get<ServiceList>("/api/v1/services");
    if (access.indirect) return byProvider;
    // Without a login the provider would ask for a name and a password, and wait for ever.
    const anonymous = !access.cert && access.authorization === undefined && status === 403;
    if (status === 401 || anonymous)
      return {
        error: anonymous
          ? say`The cluster at ${where} refuses the login: the kubeconfig has none for this context; renew it with your cluster's own tool.`
          : say`The cluster at ${where} refuses the login; renew it with your cluster's own tool.`,
      };
    // Who may not list services has the API server itself refuse a node port that is taken.
    const nodePorts = (body?.items ?? []).flatMap(
      ({ metadata: { namespace = "", name = "", annotations } = {}, spec }) =>
        (spec?.ports ?? []).flatMap(({ nodePort: port, protocol = "TCP" }) =>
          port ? [{ port, protocol, namespace, service: name, annotations }] : [],
        ),
    );
    return { server: access.server, nodePorts };
  } catch (error) {
    if (access.indirect) return byProvider;
    const { message, code = message } = error as Error & { code?: string };
    return { error: say`No Kubernetes cluster answers at ${where}: ${message || code}. Start it, or ${REMEDY}.` };
  }
}
