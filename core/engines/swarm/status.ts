import { say } from "../../description/say";
import type { EngineClient } from "../dockerApi/connection/client";
import type { SwarmService } from "../dockerApi/releaseServices";
import { isOurs, labelFilter, type Owner, ownerLabels, SERVICE_LABEL } from "../owner";
import { type Declared, judged, missing, type ServiceStatus, shortName, since, type State } from "../status";
import { isImage } from "./apply";

type Listed = SwarmService & { ServiceStatus?: { DesiredTasks?: number } };

interface Task {
  ServiceID?: string;
  DesiredState: string;
  Status: { State: string; Timestamp: string; Err?: string; ContainerStatus?: { ExitCode?: number } };
}

const query = (by: object) => encodeURIComponent(JSON.stringify(by));

/** Compares what is declared on a Swarm with the services of the stack there. */
export async function swarmStatus(client: EngineClient, owner: Owner, declared: Declared[]): Promise<ServiceStatus[]> {
  const ask = <T>(path: string) => client.request<T>("GET", path, undefined, client.patience);
  const listed = await ask<Listed[]>(`/services?status=true&filters=${labelFilter(ownerLabels(owner))}`);
  const services = listed.filter(({ Spec }) => isOurs(Spec.Labels, owner));
  const tasks = await Promise.all(services.map(({ ID }) => ask<Task[]>(`/tasks?filters=${query({ service: [ID] })}`)));
  const statuses = services.map((service, index) => {
    const name = service.Spec.Labels[SERVICE_LABEL] ?? service.Spec.Name;
    return statusOf(
      service,
      tasks[index]!,
      name,
      declared.find((one) => one.service === name),
    );
  });
  const ofService = (name: string) => statuses.find(({ service }) => service === name);
  return [
    ...declared.map((one) => ofService(one.service) ?? missing(one)),
    ...statuses.filter(({ declared: still }) => !still),
  ];
}

function statusOf(live: Listed, tasks: Task[], service: string, declared: Declared | undefined): ServiceStatus {
  const { Spec, Endpoint, UpdateStatus, ServiceStatus, ID } = live;
  const image = Spec.TaskTemplate.ContainerSpec.Image;
  const has = Spec.Mode.Replicated?.Replicas ?? ServiceStatus?.DesiredTasks ?? tasks.length;
  const asked = declared && Spec.Mode.Replicated ? (declared.spec.replicas ?? 1) : has;
  const inState = (...states: string[]) => tasks.filter(({ Status }) => states.includes(Status.State));
  const running = inState("running").filter(({ DesiredState }) => DesiredState === "running");
  const complete = inState("complete");
  const failed = inState("failed", "rejected", "orphaned");
  const ends = ["none", "on-failure"].includes(String(Spec.TaskTemplate.RestartPolicy?.Condition));
  const done = ends && running.length === 0 && complete.length > 0 && failed.length === 0;
  const changed = declared ? changes(image, has, asked, live, declared) : [];
  const { State, Message } = UpdateStatus ?? {};
  const stuck = /^(paused|rollback_)/.test(State ?? "");
  const oldest = running.map(({ Status }) => Status.Timestamp).sort()[0];
  const [cause] = failed.sort((a, b) => (a.Status.Timestamp < b.Status.Timestamp ? 1 : -1));
  const short = running.length < asked && !done;
  return judged(
    {
      service,
      short: shortName(Spec.TaskTemplate.ContainerSpec.Labels ?? Spec.Labels),
      name: Spec.Name,
      engine: "swarm",
      state: done ? "done" : stateOf(running.length, asked, has, failed.length),
      replicas: done ? undefined : { running: running.length, wanted: asked },
      declared: declared !== undefined,
      changed,
      ports: (Endpoint?.Ports ?? [])
        .filter(({ PublishedPort }) => PublishedPort)
        .map(({ TargetPort, PublishedPort, Protocol }) => ({
          target: `${TargetPort}/${Protocol}`,
          hostIp: "0.0.0.0",
          hostPort: PublishedPort!,
        })),
      uptime: oldest && since(oldest),
      image: image.split("@")[0],
      notes: [
        ...(stuck ? [say`its last update: ${State!.replaceAll("_", " ")}${Message ? ` (${Message})` : ""}`] : []),
        ...(short && cause ? [say`a task is ${cause.Status.State}: ${cause.Status.Err ?? say`no reason given`}`] : []),
      ],
      id: ID,
    },
    { failed: stuck },
  );
}

function stateOf(running: number, wanted: number, has: number, failed: number): State {
  if (has === 0 && wanted > 0) return "exited";
  if (running >= wanted) return "running";
  return failed > 0 ? "restarting" : "starting";
}

/** In what a service differs from its declaration; the rest is compared by `up` alone. */
function changes(image: string, has: number, asked: number, live: Listed, { spec }: Declared): string[] {
  const published = (live.Spec.EndpointSpec as { Ports?: { PublishedPort?: number; Protocol?: string }[] }).Ports ?? [];
  const wanted = (spec.ports ?? []).filter((port) => port.published !== undefined);
  const isOpen = ({ published: port, protocol }: (typeof wanted)[number]) =>
    published.some(({ PublishedPort, Protocol = "tcp" }) => PublishedPort === port && Protocol === protocol);
  return [
    ...(isImage(image, spec.image) ? [] : ["image"]),
    ...(has === asked ? [] : ["replicas"]),
    ...(wanted.every(isOpen) ? [] : ["ports"]),
  ];
}
