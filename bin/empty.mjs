// Stands for 'server-only' under the test runner, which has no client bundle to protect.
export {};
