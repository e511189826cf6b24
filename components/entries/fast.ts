/**
 * `pulumi-berth/fast`: makes a preview quicker by changing insides of the Pulumi SDK in this process. Import it first.
 * Nothing else of the package changes anything but its own.
 *
 * @example
 * import "pulumi-berth/fast";
 * import { Nginx, program } from "pulumi-berth";
 */
import "../../core/pulumi/patches/lazyLoading";
import { shortenStackTraces } from "../../core/pulumi/patches/shortStackTraces";

shortenStackTraces();
