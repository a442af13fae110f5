import { channel } from 'node:diagnostics_channel'
import { ignoreRejection } from './ignore-rejection.ts'

const events = channel('bearward')

type Subscriber = (event: object, name: string | symbol) => unknown

/** The diagnostics channel `bearward`. Errors of subscribers are ignored. */
export const diagnosticsChannel: { hasSubscribers(): boolean; publish(event: object): void } = {
  hasSubscribers: () => events.hasSubscribers,
  publish(event) {
    const subscribers = getSubscribers()
    if (subscribers === undefined) return events.publish(event)
    for (const subscriber of subscribers) {
      try {
        ignoreRejection(subscriber(event, events.name))
      } catch {}
    }
  },
}

/**
 * Returns the subscribers, which are then called one by one. `publish` of Node ends the process if a subscriber throws, and
 * the public API of Node has no alternative. Returns `undefined` in a runtime that stores the subscribers elsewhere.
 */
function getSubscribers(): readonly Subscriber[] | undefined {
  const { _subscribers: subscribers } = events as { _subscribers?: unknown }
  return Array.isArray(subscribers) ? [...(subscribers as Subscriber[])] : undefined
}
