import { diagnosticsChannel } from '#diagnostics-channel'
import { ignoreRejection } from './ignore-rejection.ts'

interface TypedEvent {
  readonly type: string
}

/** Members of the event with this type, without `type`. */
type Members<Event extends TypedEvent, Type> = Event extends { readonly type: Type }
  ? Omit<Event, 'type'>
  : never

/**
 * Publishes an event of a type. `request` is the request that the event is about, if any. `getMembers` is called only if
 * there is a listener.
 */
export type Publish<Event extends TypedEvent> = <Type extends Event['type']>(
  type: Type,
  getMembers: () => Members<Event, Type>,
  request?: object,
  /** Reason of the event: the log limits its lines per reason. */
  reason?: string,
) => void

/** A listener for some types of events. */
export interface SelectiveListener<Event extends TypedEvent> {
  /** Returns whether the listener uses the event. An event that no listener uses is not created. */
  readonly wants: (type: string, reason: string | undefined) => boolean
  readonly listen: (event: Event, request?: object) => void
}

/**
 * Creates a function that publishes to `onEvent`, to the diagnostics channel `bearward` and to the log. Listeners cannot
 * change an outcome: errors that a listener or `getMembers` throws are ignored.
 */
export function createPublisher<Event extends TypedEvent>(
  onEvent: ((event: Event, request?: object) => void) | undefined,
  log?: SelectiveListener<Event>,
): Publish<Event> {
  return (type, getMembers, request, reason) => {
    const isSubscribed = diagnosticsChannel.hasSubscribers()
    const isLogged = log?.wants(type, reason) === true
    if (onEvent === undefined && !isSubscribed && !isLogged) return
    let event: Event
    try {
      event = Object.freeze({ type, ...getMembers() }) as unknown as Event
    } catch {
      return
    }
    if (isSubscribed) diagnosticsChannel.publish(event)
    const listeners = isLogged ? [onEvent, log.listen] : [onEvent]
    for (const listener of listeners) {
      try {
        ignoreRejection(listener?.(event, request))
      } catch {}
    }
  }
}
