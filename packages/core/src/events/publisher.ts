import { diagnosticsChannel } from '#diagnostics-channel'
import type { BearwardEvent } from './events.ts'

/** Publishes an event, which is only made where somebody listens. */
export type Publish<Event extends object = BearwardEvent> = (event: () => Event) => void

/**
 * Publishes to `onEvent` and to the diagnostics channel `bearward`. Watching must not change a verdict:
 * what `onEvent` throws is dropped.
 */
export function publisher<Event extends object = BearwardEvent>(
  onEvent: ((event: Event) => void) | undefined,
): Publish<Event> {
  return (makeEvent) => {
    const subscribed = diagnosticsChannel.hasSubscribers()
    if (onEvent === undefined && !subscribed) return
    const event = Object.freeze(makeEvent())
    if (subscribed) diagnosticsChannel.publish(event)
    try {
      // An `async` function fits the type too, and what it rejects with is dropped as well.
      const result = onEvent?.(event) as unknown
      if (result instanceof Promise) result.catch(() => {})
    } catch {}
  }
}
