import { diagnosticsChannel } from '#diagnostics-channel'
import { ignoreRejection } from './ignore-rejection.ts'

/** Publishes an event, which is only made where somebody listens, and says which request it is about, if any. */
export type Publish<Event extends object> = (event: () => Event, request?: object) => void

/**
 * Publishes to `onEvent` and to the diagnostics channel `bearward`. Watching must not change a verdict:
 * what `onEvent` throws is dropped.
 */
export function createPublisher<Event extends object>(
  onEvent: ((event: Event, request?: object) => void) | undefined,
): Publish<Event> {
  return (makeEvent, request) => {
    const subscribed = diagnosticsChannel.hasSubscribers()
    if (onEvent === undefined && !subscribed) return
    const event = Object.freeze(makeEvent())
    if (subscribed) diagnosticsChannel.publish(event)
    try {
      ignoreRejection(onEvent?.(event, request))
    } catch {}
  }
}
