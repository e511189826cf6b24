import * as pulumi from "@pulumi/pulumi";
import { connect } from "../components/parts/connect";
import { allOrNothing, untilChecked } from "../core/pulumi/allOrNothing";
import { hasPulumiEngine } from "../core/pulumi/perProgram";
import { berthSetting } from "../core/pulumi/settings";
import { engineOf, HOSTS, programNames, PROGRAMS } from "./programs";

export * from "./programs";

/** The Pulumi program; a plan runs it without an engine. */
export async function run({ engine = hasPulumiEngine() } = {}): Promise<Record<string, unknown>> {
  const names = programNames(pulumi.getStack(), berthSetting("program"));
  if (engine && names.some((name) => HOSTS.includes(name))) {
    const { lookAhead } = await import("./lib/hostConnection");
    lookAhead();
  }
  // The engines answer while the programs load.
  const [programs] = await Promise.all([
    Promise.all(names.map((name) => PROGRAMS[name]!())),
    engine &&
      connect(names.filter((name) => !HOSTS.includes(name)).map((name) => engineOf(name, berthSetting("engine")))),
  ]);
  const outputs = allOrNothing(() => {
    const all = programs.map((program) => program.program());
    return all.length === 1 ? all[0]! : Object.fromEntries(names.map((name, index) => [name, all[index]]));
  });
  await untilChecked();
  return outputs;
}
