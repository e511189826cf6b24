import { nearest } from "../core/description/nearest";
import { say } from "../core/description/say";
import { SETTINGS } from "../core/pulumi/settings";
import { PROGRAMS } from "../stacks/programs";
import { UsageError } from "./usageError";

/** `berth settings`: what can be set for every stack and each program, or for one program. */
export async function settings(program: string | undefined): Promise<number> {
  const names = Object.keys(PROGRAMS);
  if (program !== undefined && !names.includes(program)) {
    const near = nearest(program, names);
    throw new UsageError(
      say`settings: there is no program "${program}"; ${near ? say`did you mean ${near}?` : say`the programs are ${names.join(", ")}`}`,
    );
  }
  if (program === undefined) {
    console.log(say`every stack:`);
    for (const [key, [doc, standard]] of Object.entries(SETTINGS))
      console.log(`  berth:${key}  ${doc}${standard ? ` [${standard}]` : ""}`);
  }
  for (const name of program === undefined ? names : [program]) {
    console.log(`${name}:`);
    const { settings: schema, namespace = name } = await PROGRAMS[name]!();
    for (const [key, setting] of Object.entries(schema)) {
      console.log(
        `  ${namespace}:${key}${setting.secret ? " (--secret)" : ""}  ${setting.doc}${setting.shown ? ` [${setting.shown}]` : ""}`,
      );
    }
  }
  return 0;
}
