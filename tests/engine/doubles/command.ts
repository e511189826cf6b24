import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { spawn } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { common, listen, plain, STORE_VARIABLE, struct, unary } from "./provider";
import type { Props } from "./resources";
import { Store } from "./store";

const nameOf = (urn: string) => urn.split("::")[3]!;
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

interface Inputs {
  interpreter: string[];
  stdin: string;
  environment?: Record<string, string>;
}

/** Runs a command as the plugin does: its output is the state, and what it said stands in the error. */
function run(
  command: string,
  { interpreter, stdin, environment }: Inputs,
): Promise<{ stdout: string; stderr: string }> {
  const [program, ...args] = interpreter as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, command], { env: { ...process.env, ...environment } });
    let stdout = "";
    let stderr = "";
    let both = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
      both += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk;
      both += chunk;
    });
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`exit status ${code}: running "${command}":\n${both}`));
      resolve({ stdout: stdout.replace(/\n$/, ""), stderr: stderr.replace(/\n$/, "") });
    });
    child.stdin.end(stdin);
  });
}

/** Serves `command:local:Command` to the CLI, which runs for real: inputs are compared with inputs, and every change is an update. */
export function serve(): void {
  const journal = new Store(process.env[STORE_VARIABLE]!);

  listen({
    ...common("1.2.1"),
    diff: unary((request: messages.DiffRequest) => {
      const [olds, news] = [plain(request.getOldInputs()), plain(request.getNews())];
      const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
        (key) => !isDeepStrictEqual(olds[key], news[key]),
      );
      const response = new messages.DiffResponse();
      response.setChanges(messages.DiffResponse.DiffChanges[changed.length ? "DIFF_SOME" : "DIFF_NONE"]);
      response.setDiffsList(changed);
      return response;
    }),
    create: unary(async (request: messages.CreateRequest) => {
      const inputs = plain(request.getProperties());
      const response = new messages.CreateResponse();
      response.setProperties(struct({ ...inputs, stdout: UNKNOWN, stderr: UNKNOWN }));
      if (request.getPreview()) return response;
      const said = await run(String(inputs.create), inputs as unknown as Inputs);
      journal.note(`create Command ${nameOf(request.getUrn())}`);
      response.setId(`${nameOf(request.getUrn())}-id`);
      response.setProperties(struct({ ...inputs, ...said }));
      return response;
    }),
    read: unary((request: messages.ReadRequest) => {
      const response = new messages.ReadResponse();
      response.setId(request.getId());
      response.setProperties(request.getProperties());
      response.setInputs(request.getInputs());
      return response;
    }),
    update: unary(async (request: messages.UpdateRequest) => {
      const inputs = plain(request.getNews());
      const response = new messages.UpdateResponse();
      const before = plain(request.getOlds()) as Props;
      response.setProperties(struct({ ...inputs, stdout: before.stdout, stderr: before.stderr }));
      if (request.getPreview()) return response;
      const said = await run(String(inputs.create), inputs as unknown as Inputs);
      journal.note(`update Command ${nameOf(request.getUrn())}`);
      response.setProperties(struct({ ...inputs, ...said }));
      return response;
    }),
    delete: unary(async (request: messages.DeleteRequest) => {
      const state = plain(request.getProperties());
      await run(String(state.delete), state as unknown as Inputs);
      journal.note(`delete Command ${nameOf(request.getUrn())}`);
      return new Empty();
    }),
  });
}
