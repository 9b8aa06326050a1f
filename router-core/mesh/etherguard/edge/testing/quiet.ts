/** `LogLevel` of a file that has everything switched off. */
export const QUIET = {
  LogLevel: 'error',
  LogTransit: false,
  LogNormal: false,
  DumpNormal: false,
  LogControl: false,
  LogInternal: false,
  LogNTP: false,
} as const;
