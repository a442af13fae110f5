import { type AccessToken, type BearwardEvent, type Clock, memoryReplay } from '@bearward/core'
import { createFetchHandler } from '../frameworks/fetch/handler.ts'
import type { Mount, Route } from '../frameworks/framework.ts'
import { inspect } from '../frameworks/inspection.ts'
import { decode, encode, type Encoded } from './encoding.ts'
import { getNamed } from './named-functions.ts'

/** Description of one mount for a runtime. */
export interface HostSetup {
  readonly mount: Encoded
  /** URL at which functions of the test process are called. */
  readonly control: string
}

type FetchHandler = (request: Request, ...rest: unknown[]) => Promise<Response>

/** Creates the handler of one mount in a runtime. Every function that is not in the list of names runs in the test process. */
export function createHost({ mount, control }: HostSetup): FetchHandler {
  const call = createCall(control)
  /** The events since the last response, for each listener. */
  const events: [listener: unknown, event: BearwardEvent][] = []
  const { options, routes, before } = decode(mount, {
    named: getNamed,
    // The function gets the token or the issuer. A request cannot be sent to another process.
    callback: (id) => (first: string | AccessToken) =>
      call(id, typeof first === 'string' ? first : toData(first)),
    listener: (id) => (event: BearwardEvent) => void events.push([id, event]),
    handler: (id) => createHandle((...args) => call(id, ...args)),
    clock: createClock,
    memoryReplay: (clock) => memoryReplay(clock === null ? {} : { clock: clock as Clock }),
  }) as Mount
  const { handler } = createFetchHandler({ options, routes, ...(before && { before }) })
  return async (request, ...rest) => {
    const response = await handler(request, ...rest)
    // The test process reads the events as soon as it has the response.
    for (const [listener, event] of events.splice(0)) await call(listener, event)
    return response
  }
}

/** Returns a function that calls a function of the test process by its id. */
function createCall(control: string) {
  return async (id: unknown, ...args: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify([id, encode(args, 'arguments')])
    const response = await fetch(control, { method: 'POST', body })
    const result = decode((await response.json()) as Encoded)
    if (!response.ok) throw new Error(String(result))
    return result
  }
}

/** Returns a handler that reads the body in this process, and then calls a function of the test process. */
function createHandle(call: (...args: readonly unknown[]) => Promise<unknown>): Route['handle'] {
  return async (token: AccessToken | undefined, body) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return (await call(token && toData(token), chunks, inspect(token))) as object
  }
}

/** Creates a clock that stands still. Its timers never fire. */
function createClock(now: unknown, monotonic: unknown): Mount['options']['clock'] {
  return { now: () => now as number, monotonic: () => monotonic as number, after: () => () => {} }
}

/** Returns the members of a token without its methods, which cannot be sent. */
function toData(token: AccessToken): object {
  return Object.fromEntries(
    Object.entries(token).filter(([, member]) => typeof member !== 'function'),
  )
}
