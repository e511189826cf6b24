import type * as pulumi from "@pulumi/pulumi";

/** The SDK's error that is told in one sentence. What throws it can be used where the SDK has not been loaded. */
export const runError = (message: string): pulumi.RunError =>
  new (require("@pulumi/pulumi") as typeof pulumi).RunError(message);
