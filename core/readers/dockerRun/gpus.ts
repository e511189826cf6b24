import { show } from "../../description/errors";
import type { GpuDescription } from "../../description/types";
import { CsvError, readCsv } from "./csv";
import type { Use } from "./options";
import { say } from "../../description/say";

/** Reads the row of comma-separated values that is a flag's value. */
export function csvOf(text: string, use: Use): string[] {
  try {
    return readCsv(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw use.fail(say`${show(text)} ${error.message}`, say`put double quotes around a whole part that holds a comma`);
  }
}

function count(text: string, use: Use): number | "all" {
  if (text === "all" || text === "-1") return "all";
  if (!/^[+-]?\d+$/.test(text)) throw use.fail(say`${show(text)} is not a number of GPUs`, say`write a number, or all`);
  const number = Number(text);
  if (number < 1 || !Number.isSafeInteger(number))
    throw use.fail(say`${show(text)} asks for no GPU`, say`write 1 or more, or all`);
  return number;
}

/** Reads one `--gpus` by Docker's rules. */
export function gpuRequest(use: Use): GpuDescription {
  const request: GpuDescription = {};
  const seen = new Set<string>();
  for (const field of csvOf(use.value, use)) {
    const equals = field.indexOf("=");
    const [key, value] = equals < 0 ? ["count", field] : [field.slice(0, equals), field.slice(equals + 1)];
    if (key === "count" && equals < 0 && request.deviceIds)
      throw use.fail(
        say`docker reads ${show(field)} as a number of GPUs, which excludes particular devices`,
        say`for several devices keep double quotes inside single ones: '"device=${[...request.deviceIds, field].join(",")}"'`,
      );
    if (seen.has(key)) throw use.fail(say`${key} is given twice`, say`give it once`);
    seen.add(key);
    if (key === "count") request.count = count(value, use);
    else if (key === "driver") request.driver = value;
    else if (key === "device") request.deviceIds = value.split(",");
    else if (key === "capabilities") request.capabilities = [...new Set([...value.split(","), "gpu"])];
    else if (key === "options")
      request.options = Object.fromEntries(
        csvOf(value, use).map((option): [string, string] => {
          const at = option.indexOf("=");
          return at < 0 ? [option, ""] : [option.slice(0, at), option.slice(at + 1)];
        }),
      );
    else
      throw use.fail(
        say`${show(key)} is not a part of a GPU request`,
        say`use count, device, driver, capabilities or options`,
      );
  }
  if (request.count !== undefined && request.deviceIds)
    throw use.fail(say`a number of GPUs excludes particular devices`, say`keep one of them`);
  if (request.count === undefined && !request.deviceIds) request.count = 1;
  return request;
}
