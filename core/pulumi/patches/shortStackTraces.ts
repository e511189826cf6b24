const DEBUG_PROMISE = /@pulumi[\\/]pulumi[\\/](runtime[\\/]debuggable|runtime[\\/]resource|output)\.[jt]s$/;

// The SDK's source maps name its files one folder too high. A scope without a package in a path also sends
// the error inspector of Node.js up to 22 into an endless loop, so that a wrong argument would hang the program.
const MISPLACED =
  /([\\/]node_modules[\\/]@pulumi[\\/])(?!(?:pulumi|docker|kubernetes|command)[\\/])(?=[\w\\/]+\.ts:\d)/g;

/**
 * Makes the SDK's stack traces cheap and right. It takes one for every property of every resource, to
 * explain promise leaks, and maps each through source maps: half the time of a large preview. Those are cut
 * short; a trace that begins in anybody else's code is formatted as before, so errors still show where they
 * come from. Another one, of each resource, is a fifth of the state, which the CLI writes anew for every resource, and is
 * shown by nobody: it is not taken.
 */
export function shortenStackTraces(): void {
  // Whoever preloads this has it in front of the SDK.
  const { Resource } = require("@pulumi/pulumi") as { Resource: { stackTrace?(skip: number): object[] } };
  if (Resource.stackTrace?.length === 1) Resource.stackTrace = () => [];
  cutPromiseTraces();
}

/** The part of it that needs no SDK; tests use it, too. */
export function cutPromiseTraces(): void {
  const format = Error.prepareStackTrace;
  if (!format) return;
  Error.prepareStackTrace = (error, frames) => {
    const top = frames[0]?.getFileName();
    if (top && error.message === "" && DEBUG_PROMISE.test(top) && !process.env.PULUMI_DEBUG_PROMISE_LEAKS) return "";
    const text: unknown = format(error, frames);
    return typeof text === "string" ? text.replace(MISPLACED, "$1pulumi/") : text;
  };
}
