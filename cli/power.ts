import { say } from "../core/description/say";
import { namesOf, type ServiceStatus } from "../core/engines/status";
import { chosen, close, type Found, kubectlNames, servicesNow, stackNow } from "./stackNow";

export type Power = "restart" | "stop" | "start";

const DONE: Record<Power, string> = { restart: say`restarted`, stop: say`stopped`, start: say`started` };
const RUNNING = ["running", "healthy", "unhealthy", "starting", "restarting", "paused"];

/** Swarm and Kubernetes start anew what somebody stops; there it is the number of replicas that counts. */
const INSTEAD: Record<Power, { swarm: (name: string) => string; kubernetes: (names: string) => string }> = {
  restart: {
    swarm: (name) => `docker service update --force ${name}`,
    kubernetes: (names) => `kubectl rollout restart ${names}`,
  },
  stop: {
    swarm: (name) => `docker service scale ${name}=0`,
    kubernetes: (names) => `kubectl scale ${names} --replicas=0`,
  },
  start: {
    swarm: (name) => `docker service scale ${name}=1`,
    kubernetes: (names) => `kubectl scale ${names} --replicas=1`,
  },
};

/** `berth restart`, `stop` and `start`: the containers of a stack as they are, without a change of what is declared. */
export async function power(verb: Power, stack: string, names: string[]): Promise<number> {
  const now = await stackNow(stack);
  try {
    const found = await servicesNow(now);
    const shown = namesOf(found.map(([status]) => status));
    const tell = ([status]: Found, what: string) => console.log(say`${shown.get(status)![0]}: ${what}`);
    const picked = chosen(found, names, now, {
      swarm: ({ name }) => INSTEAD[verb].swarm(name),
      kubernetes: (status) => INSTEAD[verb].kubernetes(kubectlNames(status)),
    });
    const fresh = new Set<ServiceStatus>();
    // They are declared in the order in which they start.
    for (const one of verb === "stop" ? [...picked].reverse() : picked) {
      const runs = RUNNING.includes(one[0].state);
      if (verb !== "restart" && runs === (verb === "start")) tell(one, runs ? say`runs already` : say`does not run`);
      else {
        await change(one, verb);
        fresh.add(one[0]);
        tell(one, DONE[verb]);
      }
    }
    // A network begins anew with its container; those that share it still have the old one.
    if (verb !== "stop")
      for (const one of found.filter((other) => sharesWith(other, fresh) && !fresh.has(other[0]))) {
        await change(one, "restart");
        tell(one, say`restarted, since it shares the network of another one`);
      }
    return 0;
  } finally {
    close(now);
  }
}

async function change([{ id }, { client }]: Found, verb: Power): Promise<void> {
  const { Config } = await client!.request<{ Config: { StopTimeout?: number } }>("GET", `/containers/${id}/json`);
  const patience = ((Config.StopTimeout ?? 10) + 60) * 1000;
  await client!.request("POST", `/containers/${id}/${verb}`, undefined, patience);
}

/** Whether a running service has the network of one of these. */
function sharesWith([{ service, state }, { declared }]: Found, others: Set<ServiceStatus>): boolean {
  const mode = declared.find((one) => one.service === service)?.spec.networkMode;
  return RUNNING.includes(state) && [...others].some(({ name }) => mode === `container:${name}`);
}
