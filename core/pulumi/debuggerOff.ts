/**
 * Switches off V8's debugger, which the SDK has switched on. Called on `up` before a service is waited for, so that a program
 * that does serialise functions has it until then; berth's own stacks have it off from the start.
 */
export const { debuggerOff } = require("./patches/debuggerOff") as { debuggerOff(): Promise<void> };
