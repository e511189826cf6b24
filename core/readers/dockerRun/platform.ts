import { ArgumentError, show } from "../../description/errors";
import { say } from "../../description/say";

/** Other names of processors, by Docker's normalisation. */
const PROCESSORS: Record<string, string> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
  i486: "386",
  i586: "386",
  i686: "386",
  armhf: "arm/v7",
  armel: "arm/v6",
};
const KNOWN = [
  "amd64",
  "arm64",
  "arm",
  "386",
  "ppc64le",
  "s390x",
  "riscv64",
  "mips64le",
  "mips64",
  "loong64",
  "arm/v7",
  "arm/v6",
];

/**
 * Reads a `--platform`; a processor alone is one of linux.
 *
 * @throws ArgumentError
 */
export function parsePlatform(value: string): string {
  const parts = value.toLowerCase().split("/");
  const [os, processor = "", variant] = parts.length === 1 ? ["linux", parts[0]] : parts;
  const known = Object.hasOwn(PROCESSORS, processor) ? PROCESSORS[processor]! : processor;
  const remedy = say`write for example "linux/amd64"`;
  if (
    parts.length > 3 ||
    parts.some((part) => !/^[a-z0-9_.-]+$/.test(part)) ||
    (parts.length === 1 && !KNOWN.includes(known))
  )
    throw new ArgumentError("platform", say`${show(value)} is not a platform`, remedy);
  // Both are what the processor is anyway.
  const plain = (known === "arm64" && variant === "v8") || (known === "amd64" && variant === "v1");
  return [os, known, ...(variant === undefined || plain ? [] : [variant])].join("/");
}
