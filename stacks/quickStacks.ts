const DEBUG_PROMISE = /@pulumi[\\/]pulumi[\\/](runtime[\\/]debuggable|runtime[\\/]resource|output)\.[jt]s$/;

/**
 * The SDK takes a stack trace for every property of every resource, to explain promise leaks, and maps each
 * through source maps: half the time of a large preview. Those traces are cut short here; a trace that
 * begins in anybody else's code is formatted as before, so errors still show where they come from.
 */
export function quickStacks(): void {
  const format = Error.prepareStackTrace;
  if (!format || process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  Error.prepareStackTrace = (error, frames) => {
    const top = frames[0]?.getFileName();
    if (top && error.message === "" && DEBUG_PROMISE.test(top)) return "";
    return format(error, frames) as unknown;
  };
}
