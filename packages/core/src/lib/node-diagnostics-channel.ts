import { channel } from 'node:diagnostics_channel'

const events = channel('bearward')

export const diagnosticsChannel: { hasSubscribers(): boolean; publish(event: object): void } = {
  hasSubscribers: () => events.hasSubscribers,
  publish: (event) => events.publish(event),
}
