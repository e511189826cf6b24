// In front of every test file, which loads all its modules anew.
const { lazily } = require("../core/pulumi/patches/lazyLoading");
const { cutPromiseTraces } = require("../core/pulumi/patches/shortStackTraces");

// Jest asks for 100 frames, and the SDK takes a stack trace for every property of every resource.
Error.stackTraceLimit = 10;
cutPromiseTraces();

// As in a real program: a compiler that only functions to serialise need.
jest.mock("@pulumi/pulumi/typescript-shim", () => lazily(() => jest.requireActual("@pulumi/pulumi/typescript-shim")));
