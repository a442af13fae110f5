/** Replaces the diagnostics channel of Node in runtimes without diagnostics channels. This channel never has subscribers. */
export const diagnosticsChannel: { hasSubscribers(): boolean; publish(event: object): void } = {
  hasSubscribers: () => false,
  publish: () => {},
}
