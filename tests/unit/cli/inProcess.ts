import { run } from "../../../cli/main";

/** Runs a command of berth in this process; its exit code and what it has printed. */
export async function berth(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, "write").mockImplementation((text) => err.push(String(text)) > 0);
  jest.spyOn(console, "log").mockImplementation((text = "") => void out.push(`${text}\n`));
  jest.spyOn(console, "error").mockImplementation((text) => void err.push(`${text}\n`));
  try {
    const code = await run(args);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    jest.restoreAllMocks();
  }
}
