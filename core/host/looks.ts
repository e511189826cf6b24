import * as pulumi from "@pulumi/pulumi";
import { hasPulumiEngine, perProvider } from "../pulumi/perProgram";
import type { Invocation } from "./connection";
import type { HostFacts } from "./facts";
import { lookAt } from "./look";

/** How hosts are looked at: the real way, or a test's. */
export type Look = (invocation: Invocation, key: string | undefined) => Promise<HostFacts>;

const looking: { look?: Look } = {};

/** For tests: hosts are looked at in this way, under mocks too. Undefined: as always. */
export function lookWith(look: Look | undefined): void {
  looking.look = look;
}

const looks = perProvider(() => new Map<string, Promise<HostFacts>>());

/** One look at each host in a run, however many components set it up. Undefined in a plan, which asks nobody. */
export function factsOf(invocation: Invocation, key: string | undefined): Promise<HostFacts> | undefined {
  if (!pulumi.runtime.getMonitor() || (!hasPulumiEngine() && !looking.look)) return undefined;
  const program = JSON.stringify(invocation.program);
  const facts = looks().get(program) ?? (looking.look ?? lookAt)(invocation, key);
  looks().set(program, facts);
  return facts;
}
