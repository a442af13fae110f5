import { diagnosticsChannel } from '#diagnostics-channel'
import { ignoreRejection } from './ignore-rejection.ts'

interface TypedEvent {
  readonly type: string
}

/** The members of the event of a type, without the type. */
type Members<Event extends TypedEvent, Type> = Event extends { readonly type: Type }
  ? Omit<Event, 'type'>
  : never

/**
 * Publishes an event of a type, and says which request it is about, if any. The event is only made where somebody
 * listens.
 */
export type Publish<Event extends TypedEvent> = <Type extends Event['type']>(
  type: Type,
  getMembers: () => Members<Event, Type>,
  request?: object,
  /** The reason of the event, by which the log limits its lines. */
  reason?: string,
) => void

/** A listener that reads some types of events only. */
export interface SelectiveListener<Event extends TypedEvent> {
  /** Returns whether an event would be used. It is only called if there is one. */
  readonly wants: (type: string, reason: string | undefined) => boolean
  readonly listen: (event: Event, request?: object) => void
}

/**
 * Publishes to `onEvent`, to the diagnostics channel `bearward` and to the log. Watching must not change an outcome:
 * errors of a listener, or of the description of an event, are ignored.
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
