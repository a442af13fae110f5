/** For runtimes without diagnostics channels: nobody can subscribe. */
export const diagnosticsChannel: { hasSubscribers(): boolean; publish(event: object): void } = {
  hasSubscribers: () => false,
  publish: () => {},
}
