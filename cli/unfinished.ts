import { say } from "../core/description/say";
import { isOurs, OWNER_LABEL, STACK_LABEL } from "../core/engines/owner";
import type { Exported, Resource, StateFile } from "./state";
import { Engines, importState } from "./stateEngines";

/** Where the engine has things of a type, by name. */
const PATHS: Record<string, (name: string) => { look: string; remove: string }> = {
  "docker:index/container:Container": (name) => ({
    look: `/containers/${name}/json`,
    remove: `/containers/${name}?force=true`,
  }),
  "docker:index/network:Network": (name) => ({ look: `/networks/${name}`, remove: `/networks/${name}` }),
  "docker:index/service:Service": (name) => ({ look: `/services/${name}`, remove: `/services/${name}` }),
};

/** What the engine says of a container, a network or a service. */
interface There {
  Id?: string;
  ID?: string;
  Labels?: Record<string, string> | null;
  Config?: { Labels?: Record<string, string> | null };
  Spec?: { Labels?: Record<string, string> | null };
}

/** What a CLI that was killed had begun to make, as far as it is berth's, which finds it again by its labels. */
export class Unfinished {
  private constructor(
    private readonly whole: StateFile,
    private readonly begun: Resource[],
  ) {}

  /** Undefined where everything in a state is finished. */
  static in(state: string | undefined): Unfinished | undefined {
    if (!state?.includes('"pending_operations"')) return undefined;
    const whole = JSON.parse(state) as StateFile;
    const begun = (whole.checkpoint.latest?.pending_operations ?? [])
      .filter(({ type, resource }) => type === "creating" && resource.urn.includes("berth:"))
      .map(({ resource }) => resource);
    return begun.length === 0 ? undefined : new Unfinished(whole, begun);
  }

  /** What somebody should know who may still say no, so that nothing is removed yet. */
  notice(stack: string): string {
    const names = this.begun.map(({ urn }) => urn.split("::").at(-1)!).join(", ");
    return say`a run that was cut off had begun to make ${names}; \`berth destroy ${stack} --yes\` removes these, too`;
  }

  /**
   * Removes from the engine what no state knows. Volumes stay, as they do at a destroy.
   *
   * @returns sentences about what could not be looked for
   */
  async remove(): Promise<string[]> {
    const { resources = [] } = this.whole.checkpoint.latest ?? {};
    const known = new Set(resources.map(({ id }) => id));
    const made = new Set(resources.map(({ urn }) => urn));
    const wrong: string[] = [];
    const engines = new Engines(resources);
    // Containers before the networks that they are on.
    const left = this.begun.filter(({ type, urn }) => PATHS[type] && !made.has(urn));
    left.sort((a, b) => Number(a.type.includes("network")) - Number(b.type.includes("network")));
    try {
      for (const { type, inputs = {}, provider } of left) {
        const name = typeof inputs.name === "string" ? inputs.name : undefined;
        const { [STACK_LABEL]: stack, [OWNER_LABEL]: owner } = labelsOf(inputs.labels);
        if (name === undefined || stack === undefined || owner === undefined) continue;
        try {
          const client = engines.of(provider);
          const { look, remove } = PATHS[type]!(encodeURIComponent(name));
          const there = await client.find<There>(look);
          const own = there?.Labels ?? there?.Config?.Labels ?? there?.Spec?.Labels;
          if (there && isOurs(own, { stack, owner }) && !known.has(there.Id ?? there.ID))
            await client.request("DELETE", remove);
        } catch (error) {
          wrong.push(say`${name}, which an earlier run had begun to make, may be left: ${(error as Error).message}`);
        }
      }
    } finally {
      engines.close();
    }
    return wrong;
  }

  /** Has the CLI forget it. It would warn of each at every change, for ever. */
  async forget(folder: string, stack: string): Promise<void> {
    const { version, checkpoint } = this.whole;
    const begun = new Set(this.begun.map(({ urn }) => urn));
    const { pending_operations: pending = [], ...latest } = checkpoint.latest ?? {};
    const others = pending.filter(({ type, resource }) => type !== "creating" || !begun.has(resource.urn));
    const deployment = { ...latest, ...(others.length ? { pending_operations: others } : {}) };
    await importState(folder, stack, { version, deployment });
  }
}

/**
 * A state that has forgotten what went wrong while things of Docker were made: the CLI would have them changed for it, and
 * the provider cannot change a network. What they lack is seen on the engine.
 *
 * @returns undefined where it knows of nothing such
 */
export function withoutInitErrors(state: string | undefined): Exported | undefined {
  if (!state?.includes('"initErrors"')) return undefined;
  const { version, checkpoint } = JSON.parse(state) as StateFile;
  const resources = checkpoint.latest?.resources ?? [];
  const faulty = ({ initErrors, type }: Resource) => initErrors !== undefined && type.startsWith("docker:index/");
  if (!resources.some(faulty)) return undefined;
  const whole = resources.map((resource) => (faulty(resource) ? { ...resource, initErrors: undefined } : resource));
  return { version, deployment: { ...checkpoint.latest, resources: whole } };
}

/** Labels as the provider's arguments have them. */
function labelsOf(labels: unknown): Record<string, string> {
  const list = Array.isArray(labels) ? (labels as { label: string; value: string }[]) : [];
  return Object.fromEntries(list.map(({ label, value }) => [label, value]));
}
