import { diagnosticsChannel } from '#diagnostics-channel'
import type { BearwardEvent, EventListener } from './events.ts'

/** Publishes an event, which is only made where somebody listens. */
export type Publish = (event: () => BearwardEvent) => void

/**
 * Publishes to `onEvent` and to the diagnostics channel `bearward`. Watching must not change a verdict:
 * what `onEvent` throws is dropped.
 */
export function publisher(onEvent: EventListener | undefined): Publish {
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
