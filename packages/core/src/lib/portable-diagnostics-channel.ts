/** Replacement for runtimes without diagnostics channels: it never has subscribers. */
export const diagnosticsChannel: { hasSubscribers(): boolean; publish(event: object): void } = {
  hasSubscribers: () => false,
  publish: () => {},
}
