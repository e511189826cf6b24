/** A command line that is not understood: one sentence that names the argument, and exit code 2. */
export class UsageError extends Error {}
