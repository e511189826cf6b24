/**
 * `pulumi-berth/fast`: makes every preview quicker. It loads TypeScript without a check of types, and changes insides of
 * the Pulumi SDK in this process. Nothing else of the package does. Node.js has to load it in front of the SDK.
 *
 * @example
 * # Pulumi.yaml
 * runtime:
 *   name: nodejs
 *   options:
 *     typescript: false
 *     nodeargs: --require pulumi-berth/fast
 */
import "../../core/pulumi/patches/lazyLoading";
import { shortenStackTraces } from "../../core/pulumi/patches/shortStackTraces";
import { beforeProgram } from "../../core/loadTypescript";

// The SDK has to be there.
beforeProgram(shortenStackTraces);
